/** Place and cancel an order with openapi-fetch over the types that openapi-typescript made. */
import createClient from "openapi-fetch";
import type { paths } from "./generated/schema.js";

declare const process: { argv: string[] };
const [address, username, password, tenant, key] = process.argv.slice(2);
const here = { "X-Tenant-ID": tenant };

function found<T>(answer: { data?: T; error?: unknown }): T {
    if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
    return answer.data;
}

const anonymous = createClient<paths>({ baseUrl: `${address}/v1` });
const login = { params: { header: here }, body: { username, password } };
const { token } = found(await anonymous.POST("/auth/tokens", login));
const client = createClient<paths>({ baseUrl: `${address}/v1`, headers: { Authorization: `Bearer ${token}` } });
const pets = found(await client.GET("/pets", { params: { header: here, query: { species: "DOG", limit: 1 } } }));
const placing = { params: { header: { ...here, "Idempotency-Key": key } }, body: { petId: pets.data[0].id } };
const order = found(await client.POST("/orders", placing));
const path = { id: order.id };
await client.DELETE("/orders/{id}", { params: { path, header: { ...here, "If-Match": '"v1"' } } });
const again = await client.DELETE("/orders/{id}", { params: { path, header: here } });
if (again.error?.status !== 409) throw new Error("it was cancelled twice");
const read = found(await client.GET("/orders/{id}", { params: { path, header: here } }));
console.log(`once, ${read.status}`);
