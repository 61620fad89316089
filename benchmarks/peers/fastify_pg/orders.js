// The routes of orders. Placing one writes the same rows, in one transaction, as the other servers.
"use strict";

const crypto = require("node:crypto");
const pages = require("./pages");

const COLUMNS = "id, pet_id, user_id, status, total_amount, currency, created_at, updated_at, tenant_id";
const READ = `SELECT ${COLUMNS} FROM shop_order WHERE id = $1 AND tenant_id = $2`;
const TAKE =
    "UPDATE shop_pet SET status = 'PENDING', updated_at = $3 " +
    "WHERE id = $1 AND tenant_id = $2 AND status = 'AVAILABLE' RETURNING price, currency";
const KNOWS = "SELECT FROM shop_pet WHERE id = $1 AND tenant_id = $2";
const PLACE =
    "INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at) " +
    "VALUES ($1, $2, $3, $4, 'PLACED', $5, $6, $7, $7)";
const STEP =
    "INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, actor_id, reason, created_at) " +
    "VALUES ($1, $2, '', 'PLACED', $3, '', $4)";
const RECORD =
    "INSERT INTO shop_event (id, tenant_id, name, subject_id, actor_id, data, created_at) " +
    "VALUES ($1, $2, 'order.statusChanged', $3, $4, $5, $6)";
const SEND = "INSERT INTO shop_pendingevent (event_id, due_at, attempts) VALUES ($1, $2, 0)";

const { id, optional, text } = pages;
const order = {
    type: "object",
    properties: {
        id: text, petId: text, userId: optional, status: text, totalAmount: text, currency: text, createdAt: text,
        updatedAt: text, tenantId: optional,
    },
};
const orderIn = { type: "object", required: ["petId"], properties: { petId: id } };

function showOrder(row) {
    return {
        id: row.id,
        petId: row.pet_id,
        userId: row.user_id,
        status: row.status,
        totalAmount: row.total_amount,
        currency: row.currency,
        createdAt: pages.seconds(row.created_at),
        updatedAt: pages.seconds(row.updated_at),
        tenantId: pages.shownScope(row.tenant_id),
    };
}

// A UUID of version 7, as the other servers make them.
function newId() {
    const time = Date.now().toString(16).padStart(12, "0");
    const random = crypto.randomUUID();
    return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}

// Take the pet, place the order, write its history and its event, commit.
async function placeOrder(app, petId, scope, caller) {
    const client = await app.pool.connect();
    const run = (name, statement, ...values) => client.query({ name, text: statement, values });
    try {
        await client.query("BEGIN");
        const at = new Date();
        const user = caller && caller.id;
        const taken = await run("take", TAKE, petId, scope, at);
        if (!taken.rowCount) {
            const known = await run("knows", KNOWS, petId, scope);
            throw known.rowCount ? app.refuse(409, "The pet is not available.") : app.refuse(404, "No such pet.");
        }
        const { price, currency } = taken.rows[0];
        const row = {
            id: newId(), pet_id: petId, user_id: user, status: "PLACED", total_amount: price, currency, created_at: at,
            updated_at: at, tenant_id: scope,
        };
        const shown = showOrder(row);
        const event = newId();
        const data = JSON.stringify({ order: shown, previousStatus: null, newStatus: "PLACED" });
        await run("place", PLACE, row.id, scope, petId, user, price, currency, at);
        await run("step", STEP, newId(), row.id, user, at);
        await run("record", RECORD, event, scope, row.id, user, data, at);
        await run("send", SEND, event, at);
        await client.query("COMMIT");
        return shown;
    } catch (error) {
        await client.query("ROLLBACK");
        throw error;
    } finally {
        client.release();
    }
}

module.exports = async function orders(app) {
    const list = { headers: pages.scopeHeaders, querystring: pages.pageQuery, response: { 200: pages.describePage(order) } };
    app.get("/", { schema: list, preHandler: app.requireCaller }, async (request) => {
        const conditions = [["tenant_id = ?", pages.scopeOf(request)]];
        if (!request.caller.is_staff) conditions.push(["user_id = ?", request.caller.id]);
        if (request.query.status) conditions.push(["status = ?", request.query.status]);
        const wanted = { table: "shop_order", columns: COLUMNS, conditions, ordering: "created_at DESC, id DESC" };
        const { rows, total } = await pages.readPage(app.pool, wanted, request.query);
        return pages.buildPage(request, rows.map(showOrder), total, request.query);
    });

    const params = { type: "object", properties: { order: id } };
    const read = { headers: pages.scopeHeaders, params, response: { 200: order } };
    app.get("/:order", { schema: read, preHandler: app.findCaller }, async (request) => {
        const values = [request.params.order, pages.scopeOf(request)];
        const found = await app.pool.query({ name: "order", text: READ, values });
        if (!found.rows.length) throw app.refuse(404, "No such order.");
        const [row] = found.rows;
        const caller = request.caller;
        if (row.user_id && !(caller && (caller.is_staff || caller.id === row.user_id))) {
            throw app.refuse(caller ? 403 : 401, "Another's order.");
        }
        return showOrder(row);
    });

    const create = { headers: pages.scopeHeaders, body: orderIn, response: { 201: order } };
    app.post("/", { schema: create, preHandler: app.findCaller }, async (request, reply) => {
        const placed = await placeOrder(app, request.body.petId, pages.scopeOf(request), request.caller);
        reply.code(201);
        return placed;
    });
};
