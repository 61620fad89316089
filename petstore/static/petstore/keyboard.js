"use strict";

/* Unfold has clickable elements that are neither links nor buttons: give them a name, and let Tab reach them and Enter or
   the space bar press them. Its icons are words in an icon font: hide them from screen readers. */

const NAMES = [
    ["sidebar", "Menu"],
    ["openUserLinks", "Account"],
    ["filterOpen = true", "Filters"],
];
const FOCUSABLE = "a[href], button, input, select, textarea, label";

function makeReachable(element) {
    const asked = element.getAttribute("x-on:click");
    const found = NAMES.find(([start]) => asked.startsWith(start));
    if (!found || element.matches(FOCUSABLE)) {
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

function labelPicker(picker) {
    const shown = picker.querySelector(".select2-selection__rendered");
    const label = document.querySelector(`label[for="${shown.id.replace(/^select2-|-container$/g, "")}"]`);
    shown.removeAttribute("role");
    shown.removeAttribute("aria-readonly");
    if (label) {
        label.id ||= `${label.htmlFor}_label`;
        picker.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
}

/* Pickers are made when jQuery is ready, which may be after the page has loaded. */
window.addEventListener("load", () => {
    window.django?.jQuery?.(() => document.querySelectorAll(".select2-selection").forEach(labelPicker));
});

document.addEventListener("DOMContentLoaded", () => {
    const icons = [...document.querySelectorAll(".material-symbols-outlined")];
    icons
        .filter((icon) => !icon.hasAttribute("x-on:click") && isNamed(icon))
        .forEach((icon) => icon.setAttribute("aria-hidden", "true"));
    document.querySelectorAll("[x-on\\:click]").forEach(makeReachable);
});

/* Autofocus fails because unfold hides the page until Alpine has started: focus the first field with an error, or the
   field with autofocus. */
document.addEventListener("alpine:initialized", () => {
    setTimeout(() => {
        const first = document.querySelector("[autofocus]");
        if ([document.body, first].includes(document.activeElement)) {
            (document.querySelector("[aria-invalid=true]") ?? first)?.focus();
        }
    });
});
