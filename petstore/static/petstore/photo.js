"use strict";

/* Preview a chosen photo, and refuse at once what the server would refuse: it does not read a body that is too large, and
   the other fields would be lost. */

const MAX_BYTES = 5 * 1024 * 1024;
const KINDS = ["image/jpeg", "image/png", "image/webp"];

const findFault = (file) => {
    if (file && file.size > MAX_BYTES) return "A photo may have 5 MB at most.";
    return file && !KINDS.includes(file.type) ? "Only JPEG, PNG and WebP images are taken." : "";
};

const showPreview = (preview, file) => {
    preview.hidden = true;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
        preview.src = reader.result;
        preview.hidden = false;
    });
    reader.readAsDataURL(file);
};

const watchField = (field) => {
    const preview = document.createElement("img");
    preview.className = "photo-preview";
    preview.alt = "The photo that will be added";
    preview.hidden = true;
    (field.closest(".field-line, .form-row") || field.parentElement).append(preview);
    field.addEventListener("change", () => {
        const file = field.files[0];
        field.setCustomValidity(findFault(file));
        field.reportValidity();
        showPreview(preview, findFault(file) ? null : file);
    });
};

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("input[type=file][name=photo]").forEach(watchField));
