"use strict";

/* A support room that is live: what happens in it appears, an answer is sent without leaving the page, and the others are
   told that somebody types and what was read. */

const RECONNECT_MS = 10_000;
const HIDDEN_MS = 60_000;
const TYPING_MS = 4_000;
const READ_MS = 300;
const NEAR_END = 80;
const UNREACHABLE = "The answer is not sent: the shop cannot be reached. Try again in a moment.";
const LOGGED_OUT = "The answer is not sent. Copy it, and load the page again: you may be logged out.";

const chat = document.querySelector(".chat");
const log = chat.querySelector(".chat-log");
const lines = chat.querySelector(".chat-lines");
const form = chat.querySelector(".chat-composer");
const titleAtFirst = document.title;

const post = (address, fields) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    Object.entries(fields).forEach(([name, value]) => body.set(name, value));
    return fetch(address, { method: "POST", body, keepalive: true }).catch(() => null);
};
const show = (selector, isShown) => chat.querySelectorAll(selector).forEach((element) => (element.hidden = !isShown));
const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
const scrollToEnd = () => log.scrollTo(0, log.scrollHeight);
const lastLine = (selector) => [...lines.querySelectorAll(selector)].at(-1);

/* What happens in the room. */

let typists = new Map();
const showTypists = () => {
    const names = [...typists.keys()].join(", ");
    chat.querySelector(".chat-typing").textContent = names && `${names} ${typists.size > 1 ? "type" : "types"} …`;
};
const setTyping = ({ name, isTyping }) => {
    clearTimeout(typists.get(name));
    typists.delete(name);
    if (isTyping) {
        typists.set(name, setTimeout(() => setTyping({ name, isTyping: false }), 2 * TYPING_MS));
    }
    showTypists();
};

const beginDay = ({ day, dayText }) => {
    if (lastLine(".chat-day")?.dataset.day === day) return;
    const line = document.createElement("li");
    line.className = "chat-day";
    line.dataset.day = day;
    line.append(Object.assign(document.createElement("span"), { textContent: dayText }));
    lines.append(line);
};

const addMessage = (message) => {
    if (lines.querySelector(`[data-id="${message.id}"]`)) return;
    const wasAtEnd = isAtEnd() || message.isAnswer;
    lines.querySelector(".chat-empty")?.remove();
    beginDay(message);
    const parsed = document.createElement("template");
    parsed.innerHTML = message.html; // escaped by the template of the page itself
    lines.append(parsed.content);
    show(".chat-waits", !message.isAnswer);
    show(".chat-answered", message.isAnswer);
    if (!message.isAnswer) {
        typists.forEach((timer) => clearTimeout(timer));
        typists = new Map();
        showTypists();
        if (document.hidden) document.title = `● ${titleAtFirst}`;
    }
    if (wasAtEnd) scrollToEnd();
    markRead();
};

const showReadUpTo = ({ id, isCustomer }) => {
    let line = lines.querySelector(`[data-id="${id}"]`);
    while (line && !line.classList.contains("chat-answer")) line = line.previousElementSibling;
    if (!isCustomer || !line) return;
    lines.querySelector(".chat-read")?.remove();
    line.after(Object.assign(document.createElement("li"), { className: "chat-read", textContent: `Read by ${chat.dataset.customer}` }));
    if (isAtEnd()) scrollToEnd();
};

const showAgent = ({ name, isViewer }) => {
    document.querySelector(".room-agent").textContent = isViewer ? "You" : name;
    if (isViewer) chat.querySelector("form[action$='/command/assign/']")?.remove();
};

const closeRoom = () => {
    [".chat-waits", ".chat-composer", ".chat-trouble", ".command-bar"].forEach((selector) => show(selector, false));
    show(".chat-answered", true);
    chat.querySelector(".chat-answered").textContent = "Closed";
    show(".chat-closed", true);
    source?.close();
};

/* The stream. One that is not looked at gives its connection back, for a browser has few for one shop. */

let source = null;
let address = chat.dataset.live;
let hiddenTimer = null;

const connect = () => {
    const newest = lastLine("[data-number]")?.dataset.number ?? "0";
    const known = new URL(address, location.href);
    if (Number(known.searchParams.get("after")) < Number(newest)) known.searchParams.set("after", newest);
    source = new EventSource(known);
    const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on("message", addMessage);
    on("agent", showAgent);
    on("read", showReadUpTo);
    on("typing", setTyping);
    on("closed", closeRoom);
    on("ended", () => {
        source.close();
        show(".chat-trouble", true);
    });
    source.addEventListener("open", () => show(".chat-trouble", false));
    source.addEventListener("error", () => {
        if (source.readyState !== EventSource.CLOSED) return;
        show(".chat-trouble", true);
        setTimeout(() => !document.hidden && connect(), RECONNECT_MS);
    });
};

const onVisibility = () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
        hiddenTimer = setTimeout(() => source?.close(), HIDDEN_MS);
        return;
    }
    document.title = titleAtFirst;
    if (source?.readyState === EventSource.CLOSED) connect();
    markRead();
};

/* What was read. */

let readTimer = null;
let readId = null;

const markRead = () => {
    clearTimeout(readTimer);
    if (chat.dataset.read) readTimer = setTimeout(sendRead, READ_MS);
};
const sendRead = () => {
    const newest = lastLine(".chat-question")?.dataset.id;
    if (document.hidden || !newest || newest === readId || !isAtEnd()) return;
    readId = newest;
    form.elements.seen.value = newest;
    post(chat.dataset.read, { message: newest });
};

/* Answers. */

let typedAt = 0;
let idleTimer = null;

const stopTyping = () => {
    clearTimeout(idleTimer);
    if (typedAt) post(chat.dataset.typing, { typing: "0" });
    typedAt = 0;
};
const onTyping = () => {
    clearTimeout(idleTimer);
    idleTimer = setTimeout(stopTyping, TYPING_MS);
    if (Date.now() - typedAt > TYPING_MS) {
        typedAt = Date.now();
        post(chat.dataset.typing, { typing: "1" });
    }
};

const showFaults = (texts) => {
    const faults = texts.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
    chat.querySelector(".chat-faults").replaceChildren(...faults);
    form.elements.text.setAttribute("aria-invalid", String(texts.length > 0));
    if (texts.length) form.elements.text.setAttribute("aria-describedby", "id_text_error");
    else form.elements.text.removeAttribute("aria-describedby");
};

const readAnswer = async (response) => {
    try {
        return await response.json();
    } catch {
        return { errors: [LOGGED_OUT] };
    }
};

const sendReply = async (event) => {
    event.preventDefault();
    const button = form.elements._reply;
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    clearTimeout(idleTimer);
    typedAt = 0;
    const sent = new FormData(form);
    sent.set("_reply", "yes");
    const response = await fetch(location.pathname, { method: "POST", body: sent, headers: { Accept: "application/json" } }).catch(() => null);
    const answer = response ? await readAnswer(response) : { errors: [UNREACHABLE] };
    button.removeAttribute("aria-disabled");
    showFaults(answer.errors);
    form.elements.text.focus();
    if (answer.errors.length) return;
    form.elements.client_id.value = answer.clientId;
    form.elements.text.value = "";
    if (source?.readyState !== EventSource.OPEN) location.assign(location.pathname);
};

const pickOpening = (event) => {
    event.preventDefault();
    const field = form.elements.text;
    field.setRangeText(event.currentTarget.dataset.text, field.selectionStart, field.selectionEnd, "end");
    event.currentTarget.closest("details").open = false;
    field.focus();
};

const sendOnEnter = (event) => {
    const isPlain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isPlain && !matchMedia("(pointer: coarse)").matches) {
        event.preventDefault();
        form.requestSubmit();
    }
};

if (form) {
    form.addEventListener("submit", sendReply);
    form.elements.text.addEventListener("input", onTyping);
    form.elements.text.addEventListener("blur", stopTyping);
    form.elements.text.addEventListener("keydown", sendOnEnter);
    form.querySelectorAll(".chat-openings a").forEach((link) => link.addEventListener("click", pickOpening));
    const openings = form.querySelector("details");
    openings.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            openings.open = false;
            openings.querySelector("summary").focus();
        }
    });
    document.addEventListener("click", (event) => {
        if (!openings.contains(event.target)) openings.open = false;
    });
}
if (address) {
    connect();
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("pagehide", () => source.close());
    window.addEventListener("pageshow", (event) => event.persisted && connect());
}
log.addEventListener("scroll", markRead, { passive: true });

/* Unfold hides the page until its scripts have started: before that nothing can be scrolled. */
window.addEventListener("load", () => setTimeout(() => {
    if (!location.search.includes("up_to")) scrollToEnd();
    markRead();
}));
