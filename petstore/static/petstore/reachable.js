"use strict";

/* What unfold lets one click that is neither a link nor a button: here it is reached by Tab and pressed by Enter or the
   space bar as well, and has a name. Its icons are words in a font of pictures, which nobody should hear. */

const NAMES = [
    ["sidebar", "Menu"],
    ["openUserLinks", "Account"],
    ["filterOpen = true", "Filters"],
];
const REACHED = "a[href], button, input, select, textarea, label";

function reach(element) {
    const asked = element.getAttribute("x-on:click");
    const found = NAMES.find(([start]) => asked.startsWith(start));
    if (!found || element.matches(REACHED)) {
        return;
    }
    const text = element.innerText.trim();
    element.tabIndex = 0;
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", element.querySelector(":scope > *") ? `${found[1]}: ${text}` : found[1]);
    element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            element.click();
        }
    });
}

function isNamed(icon) {
    const control = icon.closest("a, button");
    return !control || control.title !== "" || control.innerText.trim() !== icon.innerText.trim();
}

function nameOf(picker) {
    const shown = picker.querySelector(".select2-selection__rendered");
    const label = document.querySelector(`label[for="${shown.id.replace(/^select2-|-container$/g, "")}"]`);
    shown.removeAttribute("role");
    shown.removeAttribute("aria-readonly");
    if (label) {
        label.id ||= `${label.htmlFor}_label`;
        picker.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
}

/* Pickers are made when jQuery is ready, which may be after the page has loaded; what asks later is answered later. */
window.addEventListener("load", () => {
    window.django?.jQuery?.(() => document.querySelectorAll(".select2-selection").forEach(nameOf));
});

document.addEventListener("DOMContentLoaded", () => {
    const icons = [...document.querySelectorAll(".material-symbols-outlined")];
    icons
        .filter((icon) => !icon.hasAttribute("x-on:click") && isNamed(icon))
        .forEach((icon) => icon.setAttribute("aria-hidden", "true"));
    document.querySelectorAll("[x-on\\:click]").forEach(reach);
});

/* The browser mostly finds nothing to put the cursor in, for unfold hides the page until Alpine has begun.
   A field that was refused goes before the one that is usually filled first. */
document.addEventListener("alpine:initialized", () => {
    setTimeout(() => {
        const first = document.querySelector("[autofocus]");
        if ([document.body, first].includes(document.activeElement)) {
            (document.querySelector("[aria-invalid=true]") ?? first)?.focus();
        }
    });
});
