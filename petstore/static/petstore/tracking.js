// Follows an order: hears its steps, and asks for the page anew when one is not on it yet.
"use strict";

const RETRY_MS = 30000;
const MOST_TURNS = 5;
const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
const live = document.getElementById("live");

function progress() {
    return document.getElementById("progress");
}

function say(state, text) {
    live.dataset.state = state;
    live.textContent = text;
}

function showLocalTimes() {
    for (const time of document.querySelectorAll(".steps time")) {
        time.title = time.textContent;
        time.textContent = times.format(new Date(time.dateTime));
    }
}

function isShown(status) {
    return document.querySelector(`.steps li.reached[data-status="${CSS.escape(status)}"]`) !== null;
}

const heard = new Set();
let isAsking = false;

function isBehind() {
    return [...heard].some((status) => !isShown(status));
}

async function refresh() {
    if (isAsking) return;
    isAsking = true;
    try {
        for (let turn = 0; turn < MOST_TURNS && isBehind(); turn += 1) await replaceProgress();
    } finally {
        isAsking = false;
    }
}

async function replaceProgress() {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    progress().replaceWith(document.adoptNode(page.getElementById("progress")));
    document.title = page.title;
    showLocalTimes();
    say("on", document.querySelector(".lead").textContent);
}

let source = null;
let retryTimer = 0;

function follow() {
    clearTimeout(retryTimer);
    source?.close();
    source = new EventSource(`${location.pathname}/events`);
    source.addEventListener("open", () => {
        if (live.dataset.state !== "on") say("on", "This page follows the order by itself.");
    });
    source.addEventListener("order.statusChanged", async (event) => {
        heard.add(JSON.parse(event.data).newStatus);
        if (!isBehind()) return;
        try {
            await refresh();
        } catch {
            retryTimer = setTimeout(follow, 1000);
            return;
        }
        if (progress().dataset.live === "no") {
            source.close();
            delete live.dataset.state;
        }
    });
    source.addEventListener("error", () => {
        say("off", "The connection is interrupted. The page tries again by itself.");
        if (source.readyState === EventSource.CLOSED) retryTimer = setTimeout(follow, RETRY_MS);
    });
}

showLocalTimes();
window.addEventListener("online", () => {
    if (progress().dataset.live === "yes") follow();
});
if (progress().dataset.live === "yes") follow();
