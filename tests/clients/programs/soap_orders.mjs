/** Place an order over SOAP with npm's soap and cancel it; read what a refusal says. */
import soap from "soap";

const [address, username, password, tenant, key] = process.argv.slice(2);

function check(holds, what) {
    if (!holds) throw new Error(what);
}

const login = await fetch(`${address}/v1/auth/tokens`, {
    method: "POST",
    headers: { "X-Tenant-ID": tenant, "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
});
const { token } = await login.json();
const client = await soap.createClientAsync(`${address}/soap?wsdl`);
client.addHttpHeader("X-Tenant-ID", tenant);
client.addHttpHeader("Authorization", `Bearer ${token}`);

const [page] = await client.ListPetsAsync({ limit: 5 });
check(page.pagination.limit === 5, "the page has another size");
const pet = page.pets.pet[0];
const [shown] = await client.GetPetAsync({ id: pet.id });
check(JSON.stringify(shown.pet) === JSON.stringify(pet), "the pet is another one alone than in the list");

client.addHttpHeader("Idempotency-Key", key);
const [placed] = await client.CreateOrderAsync({ petId: pet.id });
const [again] = await client.CreateOrderAsync({ petId: pet.id });
check(placed.order.id === again.order.id, "the same key ordered twice");
const [read] = await client.GetOrderAsync({ id: placed.order.id });
check(read.order.status === "PLACED" && read.order.totalAmount === pet.price, "the order is another one");
const [cancelled] = await client.CancelOrderAsync({ id: placed.order.id });

let problem = {};
try {
    await client.CancelOrderAsync({ id: placed.order.id });
} catch (error) {
    problem = error.root.Envelope.Body.Fault.detail.Problem;
}
check(Number(problem.status) === 409 && problem.instance === "/soap", `no conflict: ${JSON.stringify(problem)}`);
console.log(`once, ${cancelled.order.status}`);
