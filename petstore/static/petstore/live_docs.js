"use strict";

const finder = document.getElementById("finder");
const words = document.getElementById("words");
const found = document.getElementById("found");
const messages = [...document.querySelectorAll(".message")];
const texts = new Map(messages.map((message) => [message, message.textContent.toLowerCase()]));

const find = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = messages.filter((message) => asked.every((word) => texts.get(message).includes(word)));

    for (const message of messages) {
        message.hidden = !fits.includes(message);
    }
    for (const section of document.querySelectorAll(".channel")) {
        section.hidden = !section.querySelector(".message:not([hidden])");
    }
    found.textContent = asked.length ? `${fits.length} of ${messages.length} messages` : "";
};

/* A link to a message opens it. */
const open = () => {
    const meant = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (meant?.matches(".message")) {
        meant.open = true;
        meant.scrollIntoView();
    }
};

finder.hidden = false;
words.addEventListener("input", find);
window.addEventListener("hashchange", open);
open();
