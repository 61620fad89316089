"use strict";

const place = document.getElementById("docs");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dress();
dark.addEventListener("change", dress);

/* Swagger UI forgets those who do not see the page or have no mouse: it draws fields without a name, boxes that scroll
   but take no focus, and links inside of buttons, where the button alone does the work. */
const nameOf = (field) => field.closest("[data-param-name]")?.dataset.paramName ?? (field.matches("textarea") ? "Body" : field.id || "Choice");

const mend = () => {
    place.querySelectorAll(":is(select, textarea):not([aria-label])").forEach((field) => field.setAttribute("aria-label", nameOf(field)));
    place.querySelectorAll(".microlight:not([tabindex])").forEach((box) => box.setAttribute("tabindex", "0"));
    place.querySelectorAll("button a[href]").forEach((link) => link.removeAttribute("href"));
};

new MutationObserver(mend).observe(place, { childList: true, subtree: true });

SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    validatorUrl: null,
    deepLinking: true,
    filter: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    requestSnippetsEnabled: true,
});
