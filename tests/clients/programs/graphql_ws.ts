/** Watch an order with the `graphql-ws` library until it is cancelled, over one socket, and be refused where one may not. */
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

declare const process: { argv: string[] };
const [address, username, password, tenant] = process.argv.slice(2);
const here = { "X-Tenant-ID": tenant, "Content-Type": "application/json" };

function check(holds: boolean, what: string): void {
    if (!holds) throw new Error(what);
}

const login = await fetch(`${address}/v1/auth/tokens`, {
    method: "POST",
    headers: here,
    body: JSON.stringify({ username, password }),
});
const { token } = (await login.json()) as { token: string };
const client = createClient({
    url: `${address.replace("http", "ws")}/v1/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}`, "x-tenant-id": tenant },
    keepAlive: 1_000,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: (error) => {
        throw error;
    },
});

type Data = Record<string, any>;

/** Ask for one result. */
function ask(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    return new Promise((resolve, reject) => {
        let data: Data = {};
        client.subscribe<Data>(
            { query, variables },
            {
                next: (result) => (result.errors ? reject(result.errors) : (data = result.data as Data)),
                error: reject,
                complete: () => resolve(data),
            },
        );
    });
}

const { pets } = await ask("{ pets(limit: 1) { id } }");
const placed = await ask("mutation ($pet: ID!) { createOrder(input: {petId: $pet}) { order { id } } }", { pet: pets[0].id });
const id = placed.createOrder.order.id;

const told: string[] = [];
const query = "subscription ($id: ID!) { orderStatusChanged(orderId: $id) { newStatus order { status } } }";
for await (const result of client.iterate<Data>({ query, variables: { id } })) {
    const step = result.data?.orderStatusChanged;
    check(step.newStatus === step.order.status, "the order is not as it was");
    if (told.push(step.newStatus) === 1) await ask("mutation ($id: ID!) { cancelOrder(id: $id) { order { id } } }", { id });
}
check(told.join() === "PLACED,CANCELLED", `it told ${told}`);

const unknown = await ask(query, { id: tenant }).then(
    () => "nothing",
    (errors) => errors[0].extensions.code,
);
check(unknown === "NOT_FOUND", `it is refused with ${unknown}`);
await client.dispose();
console.log("watched, cancelled, refused");
