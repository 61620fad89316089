/** Place and cancel an order with the client that openapi-generator made for TypeScript's fetch. */
import { AuthenticationApi, Configuration, OrdersApi, PetsApi, ResponseError } from "./generated/index.js";

declare const process: { argv: string[] };
const [address, username, password, xTenantID, idempotencyKey] = process.argv.slice(2);
const basePath = `${address}/v1`;

const authentication = new AuthenticationApi(new Configuration({ basePath }));
const { token } = await authentication.createToken({ credentials: { username, password }, xTenantID });
const configuration = new Configuration({ basePath, accessToken: token });
const orders = new OrdersApi(configuration);
const pets = await new PetsApi(configuration).listPets({ species: "DOG", limit: 1, xTenantID });
const petId = pets.data[0].id;
const order = await orders.createOrder({ newOrder: { petId }, idempotencyKey, xTenantID });
await orders.cancelOrder({ id: order.id, ifMatch: '"v1"', xTenantID });
try {
    await orders.cancelOrder({ id: order.id, xTenantID });
    throw new Error("it was cancelled twice");
} catch (error) {
    if (!(error instanceof ResponseError) || error.response.status !== 409) throw error;
}
console.log(`once, ${(await orders.getOrder({ id: order.id, xTenantID })).status}`);
