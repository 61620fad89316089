/** A customer and an agent chat by `socket.io-client`, over every transport: address, tenant, both tokens, another's room. */
import { io } from "socket.io-client";

const [address, tenantId, mine, theirs, foreignRoom] = process.argv.slice(2);
const PATIENCE = 60_000;
const EVENTS = ["connected", "chatMessage", "typing", "messageDelivered", "messageRead", "agentAssigned", "error"];

function check(holds, what) {
    if (!holds) throw new Error(what);
}

/** A client that is let in; `hear(name)` gives the next event of that name. */
async function come(transports, token, namespace = "") {
    const socket = io(address + namespace, { transports, auth: { token, tenantId }, forceNew: true, reconnection: false });
    const heard = Object.fromEntries(EVENTS.map((name) => [name, []]));
    const waiting = {};
    for (const name of EVENTS)
        socket.on(name, (argument) => (waiting[name] ? waiting[name](argument) : heard[name].push(argument)));
    socket.hear = (name) =>
        heard[name].length
            ? Promise.resolve(heard[name].shift())
            : new Promise((resolve, reject) => {
                  const timer = setTimeout(() => reject(new Error(`${name} was not heard`)), PATIENCE);
                  waiting[name] = (argument) => {
                      clearTimeout(timer);
                      delete waiting[name];
                      resolve(argument);
                  };
              });
    socket.ask = (name, argument) => socket.timeout(PATIENCE).emitWithAck(name, argument);
    const upgraded = transports.length > 1 && new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    await new Promise((resolve, reject) => {
        socket.on("connect", resolve);
        socket.on("connect_error", (error) => (socket.close(), reject(error)));
    });
    await upgraded;
    check(socket.io.engine.transport.name === transports.at(-1), `it goes over ${socket.io.engine.transport.name}`);
    return socket;
}

/** The slug and the status of the problem that a client is refused with. */
async function refusal(transports, token, namespace) {
    try {
        await come(transports, token, namespace);
    } catch (error) {
        check(error.data?.instance === "/socket.io/", `${error}`);
        return `${error.message} ${error.data.status}`;
    }
    throw new Error("it was let in");
}

async function chat(transports) {
    const [customer, agent] = await Promise.all([come(transports, mine), come(transports, theirs)]);
    const { ok, roomId } = await customer.ask("joinChat", {});
    check(ok && (await customer.hear("connected")).roomId === roomId, "the customer joins");
    check((await agent.ask("joinChat", { roomId })).ok, "the agent joins");
    await agent.hear("connected");

    const text = `Is it “big”? 🐕 ${transports}`;
    const sent = await customer.ask("chatMessage", { text });
    const arrived = await agent.hear("chatMessage");
    check(sent.ok && arrived.messageId === sent.messageId && arrived.text === text, "the agent hears the customer");
    check((await agent.ask("messageRead", { roomId, messageId: sent.messageId })).ok, "the agent has read it");
    check((await customer.hear("messageRead")).messageId === sent.messageId, "the customer is told so");

    check((await agent.ask("typing", { roomId, isTyping: true })).ok, "the agent types");
    check((await customer.hear("typing")).isTyping, "the customer is told so");
    const answered = await agent.ask("chatMessage", { roomId, text: "Very." });
    check((await customer.hear("chatMessage")).messageId === answered.messageId, "the customer hears the agent");

    const id = transports.join("-");
    customer.emit("chatMessage", { text: "Thanks.", id });
    check((await customer.hear("messageDelivered")).replyTo === id, "it is told what was stored");

    const refused = await customer.ask("joinChat", { roomId: foreignRoom });
    check(!refused.ok && refused.error.status === 404, "another's room is not found");
    const empty = await customer.ask("chatMessage", { text: "" });
    check(!empty.ok && empty.error.status === 400, "nothing is no message");
    customer.close();
    agent.close();

    const strangers = [await refusal(transports, "bad"), await refusal(transports, mine, "/admin")];
    check(strangers.join() === "unauthorized 401,not-found 404", `they are refused with ${strangers}`);
    return id;
}

const transports = [["polling"], ["websocket"], ["polling", "websocket"]];
for (const one of transports) console.log(await chat(one));
