// A customer's conversation with the store, by the frames of /v1/ws/chat (docs/contract.md, WebSocket and Support page).
// The access token is kept in this script's memory, and nowhere else.
"use strict";

(() => {
    const RENEW_MS = 60_000; // before the token's end
    const JOIN_MS = 15_000;
    const PING_MS = 25_000;
    const PONG_MS = 10_000;
    const MOST_BACK_OFF_MS = 30_000;
    const BUSY_MS = 2_000;
    const TYPING_MS = 3_000;
    const TYPING_GONE_MS = 6_000;
    const THE_END = 1000;
    const INVITATION = "Ask what you like to know. The conversation is kept, and you find it here when you come back.";
    const INTERRUPTED = "The connection is interrupted. What you write is sent as soon as it is back.";

    const element = (id) => document.getElementById(id);
    const page = element("support");
    const [log, form, text, banner, closed] = ["log", "form", "text", "banner", "closed"].map(element);
    const hasKeyboard = matchMedia("(pointer: fine)");
    const ofToday = { hour: "numeric", minute: "2-digit" };
    const [today, earlier] = [ofToday, { day: "numeric", month: "short", ...ofToday }].map(
        (parts) => new Intl.DateTimeFormat(document.documentElement.lang, parts),
    );

    let access = null; // {token, username, until}
    let me = null;
    let link = null; // the connection that has joined
    let attempts = 0;
    let retryTimer = 0;
    let renewTimer = 0;
    const room = { id: null, cursor: null, isOpen: true, readUpTo: "", agent: null };
    const shown = new Map(); // by message id
    const pending = new Map(); // by our own id of a message, until the store has it

    // What is on the page

    function show(view) {
        page.dataset.view = view;
        for (const part of page.querySelectorAll("[class*='for-']")) part.hidden = !part.classList.contains(`for-${view}`);
        banner.hidden = true;
        showRoom();
    }

    function showRoom() {
        const isChat = page.dataset.view === "chat";
        form.hidden = !isChat || !room.isOpen;
        closed.hidden = !isChat || room.isOpen;
        element("agent").textContent = describeAgent(isChat);
    }

    function describeAgent(isChat) {
        if (!isChat) return "Support";
        if (!room.isOpen) return "Closed";
        return room.agent ? `${nameOf(room.agent)} is here for you` : "Somebody of the store will answer here";
    }

    function nameOf(person) {
        return person.name || "The store";
    }

    function say(words) {
        banner.textContent = words;
        banner.hidden = !words;
    }

    function complain(words) {
        element("fault").textContent = words;
        element("fault").hidden = !words;
    }

    function line(tag, className, words) {
        const made = document.createElement(tag);
        made.className = className;
        made.textContent = words;
        return made;
    }

    function makeMessage(isOwn, from, words) {
        const item = document.createElement("div");
        item.className = isOwn ? "message own" : "message";
        const body = line("p", "words", words);
        body.dir = "auto";
        item.append(line("p", "from", from), body, line("span", "told", ""));
        return item;
    }

    function tell(item, words) {
        item.querySelector(".told").textContent = words;
    }

    function timeOf(moment) {
        const date = new Date(moment);
        return (date.toDateString() === new Date().toDateString() ? today : earlier).format(date);
    }

    // Ids grow with time. What is not stored yet stands at the end.
    function place(item) {
        log.querySelector(".note")?.remove();
        const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
        const { id } = item.dataset;
        const after = id && [...log.children].find((other) => !other.dataset.id || other.dataset.id > id);
        log.insertBefore(item, after || null);
        if (isAtEnd || item.classList.contains("own")) log.scrollTop = log.scrollHeight;
    }

    function showMessage(message) {
        room.cursor = message.messageId;
        if (shown.has(message.messageId)) return;
        const isOwn = message.sender.id === me.id;
        const item = makeMessage(isOwn, isOwn ? "You" : nameOf(message.sender), message.text);
        item.dataset.id = message.messageId;
        item.dataset.role = message.role;
        tell(item, timeOf(message.sentAt));
        shown.set(message.messageId, item);
        place(item);
    }

    function markDelivered(frame) {
        const waiting = pending.get(frame.replyTo);
        if (!waiting) return;
        pending.delete(frame.replyTo);
        if (shown.has(frame.messageId)) {
            waiting.item.remove();
            return;
        }
        waiting.item.dataset.id = frame.messageId;
        shown.set(frame.messageId, waiting.item);
        tell(waiting.item, `${timeOf(frame.timestamp)} · Sent`);
        place(waiting.item);
    }

    function markReadByStore(upTo) {
        for (const [id, item] of shown) {
            const told = item.querySelector(".told");
            if (item.classList.contains("own") && id <= upTo) told.textContent = `${told.textContent.split(" · ")[0]} · Read`;
        }
    }

    function newestIdBefore(item) {
        const items = [...log.children];
        return items.slice(0, items.indexOf(item)).findLast((other) => other.dataset.id)?.dataset.id ?? "";
    }

    let typingTimer = 0;
    function showTyping(words) {
        clearTimeout(typingTimer);
        element("typing").textContent = words;
        if (words) typingTimer = setTimeout(showTyping, TYPING_GONE_MS, "");
    }

    // The token

    async function fetchAccess() {
        const answer = await fetch(page.dataset.session, { method: "POST", cache: "no-store" });
        if (answer.status === 204) return null;
        const body = await answer.json();
        if (answer.ok) return { ...body, until: performance.now() + body.expiresIn * 1000 };
        if (answer.status === 403) throw new Refused(body.detail);
        throw new Error(body.title);
    }

    class Refused extends Error {}

    function isFresh() {
        return access !== null && access.until - performance.now() > RENEW_MS;
    }

    // The connection

    async function connect() {
        clearTimeout(retryTimer);
        clearTimeout(renewTimer);
        if (!navigator.onLine) return;
        try {
            if (!isFresh()) access = await fetchAccess();
        } catch (error) {
            if (error instanceof Refused) refuse(error.message);
            else retryLater();
            return;
        }
        if (access === null) {
            leave();
            return;
        }
        if (page.dataset.view !== "chat") show("chat");
        element("who").textContent = `Logged in as ${access.username}`;
        new Link(access.token);
    }

    function retryLater(atLeast = 0) {
        const backOff = Math.min(1000 * 2 ** attempts, MOST_BACK_OFF_MS) * (0.75 + Math.random() / 2);
        attempts += 1;
        if (page.dataset.view === "chat" && link === null) say(INTERRUPTED);
        element("still").textContent = "The store cannot be reached. The page tries again by itself.";
        clearTimeout(retryTimer);
        retryTimer = setTimeout(connect, Math.max(backOff, atLeast));
    }

    function renewLater() {
        clearTimeout(renewTimer);
        renewTimer = setTimeout(connect, Math.max(access.until - performance.now() - RENEW_MS, RENEW_MS));
    }

    class Link {
        constructor(token) {
            const address = new URL(page.dataset.socket, location.href);
            address.protocol = address.protocol.replace("http", "ws");
            this.socket = new WebSocket(address, ["petstore.v1", `bearer.${token}`]);
            this.isOver = false;
            this.timer = setTimeout(() => this.drop(), JOIN_MS);
            this.socket.addEventListener("message", (event) => {
                if (!this.isOver) this.take(JSON.parse(event.data));
            });
            this.socket.addEventListener("close", (event) => this.lose(event.code, event.reason));
        }

        send(frame) {
            if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
        }

        // The socket may be half open: whatever it does later is none of ours.
        drop() {
            this.lose(0, "");
            this.socket.close(THE_END);
        }

        end() {
            this.isOver = true;
            clearTimeout(this.timer);
            this.socket.close(THE_END);
        }

        lose(code, reason) {
            if (this.isOver) return;
            this.isOver = true;
            clearTimeout(this.timer);
            if (link === this) link = null;
            if (link !== null) return;
            if (reason === "unauthorized") access = null;
            if (reason === "forbidden") refuse("Your account may not write here.");
            else retryLater(reason === "rate-limit-exceeded" ? MOST_BACK_OFF_MS : 0);
        }

        join() {
            const frame = { type: "joinRoom", id: "join" };
            if (room.id) frame.roomId = room.id;
            if (room.cursor) frame.afterMessageId = room.cursor;
            this.send(frame);
        }

        keepAlive() {
            clearTimeout(this.timer);
            this.timer = setTimeout(() => {
                this.send({ type: "ping", id: "ping" });
                this.timer = setTimeout(() => this.drop(), PONG_MS);
            }, PING_MS);
        }

        take(frame) {
            if (link === this) this.keepAlive();
            if (frame.roomId && room.id && frame.roomId !== room.id) return;
            handlers[frame.type]?.(frame, this);
        }
    }

    // What the store says

    const handlers = {
        connected(frame, from) {
            me = frame.user;
            if (frame.role === "AGENT") refuse("Staff answer their customers in the back office.");
            else from.join();
        },
        roomJoined(frame, from) {
            const isFirst = room.id === null;
            Object.assign(room, { id: frame.roomId, isOpen: frame.status === "OPEN", agent: frame.agent });
            frame.messages.forEach(showMessage);
            if (frame.hasMore) from.join();
            else becomeLink(from, isFirst);
        },
        chatMessage(frame) {
            showMessage(frame);
            showTyping("");
            markRead();
        },
        messageDelivered: markDelivered,
        messageRead(frame) {
            if (frame.reader.id !== me.id) markReadByStore(frame.messageId);
        },
        agentAssigned(frame) {
            room.agent = frame.agent;
            showRoom();
        },
        typingStarted(frame) {
            if (frame.sender.id !== me.id) showTyping(`${nameOf(frame.sender)} is typing …`);
        },
        typingStopped(frame) {
            if (frame.sender.id !== me.id) showTyping("");
        },
        roomClosed() {
            closeRoom();
        },
        error(frame, from) {
            if (pending.has(frame.replyTo)) failMessage(frame);
            else if (frame.replyTo === "join") failJoin(frame, from);
        },
    };

    function becomeLink(next, isFirst) {
        if (link !== null && link !== next) link.end();
        link = next;
        attempts = 0;
        link.keepAlive();
        renewLater();
        say("");
        showRoom();
        for (const [id, waiting] of pending) sendPending(id, waiting);
        markRead();
        if (isFirst && room.isOpen && hasKeyboard.matches) text.focus();
        if (log.children.length === 0) log.append(line("p", "note", INVITATION));
        log.scrollTop = log.scrollHeight;
    }

    function failMessage(frame) {
        const waiting = pending.get(frame.replyTo);
        if (frame.code === "rate-limit-exceeded") {
            setTimeout(() => {
                if (pending.has(frame.replyTo)) sendPending(frame.replyTo, waiting);
            }, BUSY_MS);
            return;
        }
        pending.delete(frame.replyTo);
        waiting.item.classList.add("failed");
        waiting.item.dataset.id = `${newestIdBefore(waiting.item)}!`; // after that one, before whatever is newer
        tell(waiting.item, "Not sent");
        if (frame.code === "conflict") closeRoom();
        else complain(frame.problem.errors?.[0]?.message ?? frame.problem.detail);
    }

    function failJoin(frame, from) {
        if (frame.code === "not-found" && room.id) {
            forgetRoom();
            from.join();
        } else if (frame.code !== "unauthorized") {
            from.end();
            refuse(frame.problem.detail);
        }
    }

    function closeRoom() {
        room.isOpen = false;
        showTyping("");
        const hadFocus = form.contains(document.activeElement);
        showRoom();
        if (hadFocus) element("anew").focus();
    }

    function forgetRoom() {
        Object.assign(room, { id: null, cursor: null, isOpen: true, readUpTo: "", agent: null });
        shown.clear();
        pending.clear();
        log.replaceChildren();
    }

    // What the customer does

    function newClientId() {
        const bytes = crypto.getRandomValues(new Uint8Array(16));
        return `m-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    }

    function sendPending(id, waiting) {
        link?.send({ type: "chatMessage", id, roomId: room.id, text: waiting.words });
    }

    function sendText() {
        const words = text.value;
        if (!words.trim()) return;
        complain("");
        const id = newClientId();
        const item = makeMessage(true, "You", words);
        tell(item, "Sending …");
        pending.set(id, { words, item });
        place(item);
        text.value = "";
        stopTyping();
        sendPending(id, pending.get(id));
    }

    function markRead() {
        if (link === null || document.visibilityState !== "visible") return;
        const newest = [...log.querySelectorAll("[data-role=AGENT]")].at(-1)?.dataset.id;
        if (!newest || newest <= room.readUpTo) return;
        room.readUpTo = newest;
        link.send({ type: "messageRead", roomId: room.id, messageId: newest });
    }

    let typedAt = 0;
    let stopTimer = 0;
    function startTyping() {
        clearTimeout(stopTimer);
        stopTimer = setTimeout(stopTyping, TYPING_MS + 1000);
        if (link === null || Date.now() - typedAt < TYPING_MS) return;
        typedAt = Date.now();
        link.send({ type: "typingStarted", roomId: room.id });
    }

    function stopTyping() {
        clearTimeout(stopTimer);
        if (typedAt) link?.send({ type: "typingStopped", roomId: room.id });
        typedAt = 0;
    }

    function dropAll() {
        for (const timer of [retryTimer, renewTimer]) clearTimeout(timer);
        access = null;
        link?.end();
        link = null;
    }

    function leave() {
        dropAll();
        forgetRoom();
        show("welcome");
    }

    function refuse(words) {
        dropAll();
        show("refused");
        element("refusal").textContent = words;
    }

    async function logOut() {
        element("log-out").disabled = true;
        try {
            await fetch(page.dataset.session, { method: "DELETE" });
            leave();
            element("welcome").textContent = "You are logged out. Log in again to go on with the conversation.";
        } catch {
            say("Logging out did not work: there is no connection. Try again.");
        }
        element("log-out").disabled = false;
    }

    form.addEventListener("submit", (event) => {
        event.preventDefault();
        sendText();
    });
    text.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        sendText();
    });
    text.addEventListener("input", startTyping);
    element("log-out").addEventListener("click", logOut);
    element("anew").addEventListener("click", () => {
        forgetRoom();
        if (link === null) connect();
        else link.join();
    });
    document.addEventListener("visibilitychange", markRead);
    window.addEventListener("offline", () => {
        if (page.dataset.view !== "chat") return;
        link?.drop();
        clearTimeout(retryTimer);
        say("You are offline. What you write is sent as soon as you are back.");
    });
    window.addEventListener("online", () => {
        attempts = 0;
        connect();
    });
    window.addEventListener("pageshow", (event) => {
        if (event.persisted) connect();
    });
    element("still").textContent = navigator.onLine ? "Connecting …" : "You are offline. The page waits for you to be back.";
    connect();
})();
