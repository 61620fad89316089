"use strict";

/* Preview a chosen photo, and refuse at once what the server would refuse: it does not read a body that is too large, and
   the other fields would be lost. */

const findFault = (field, file) => {
    if (file && file.size > Number(field.dataset.maxBytes)) return field.dataset.tooLarge;
    return file && !field.accept.split(",").includes(file.type) ? field.dataset.wrongType : "";
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
        field.setCustomValidity(findFault(field, file));
        field.reportValidity();
        showPreview(preview, findFault(field, file) ? null : file);
    });
};

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("input[type=file][name=photo]").forEach(watchField));
