// The application: a pool, tokens by @fastify/jwt, and who calls.
"use strict";

const crypto = require("node:crypto");
const fastify = require("fastify");
const { Pool } = require("pg");
const orders = require("./orders");
const pets = require("./pets");

const BY_NAME = "SELECT id, password FROM shop_user WHERE username = $1 AND is_active";
const BY_ID = "SELECT id, is_staff FROM shop_user WHERE id = $1 AND is_active";
const credentials = {
    type: "object",
    required: ["username", "password"],
    properties: { username: { type: "string" }, password: { type: "string" } },
};

// Django's `pbkdf2_sha256$iterations$salt$hash`
function matchesPassword(stored, password) {
    const [, iterations, salt, expected] = stored.split("$");
    const found = crypto.pbkdf2Sync(password, salt, Number(iterations), 32, "sha256");
    return crypto.timingSafeEqual(found, Buffer.from(expected, "base64"));
}

function refuse(status, message) {
    return Object.assign(new Error(message), { statusCode: status });
}

function buildApp({ url, secret }) {
    const app = fastify();
    app.decorate("pool", new Pool({ connectionString: url, max: 8 }));
    app.decorate("refuse", refuse);
    app.register(require("@fastify/jwt"), { secret, sign: { expiresIn: "24h" }, verify: { cache: true } });
    app.decorateRequest("caller", null);

    // The caller, null where no token came; a bad token is 401.
    app.decorate("findCaller", async (request) => {
        if (!request.headers.authorization) return;
        const claims = await request.jwtVerify();
        const found = await app.pool.query({ name: "caller", text: BY_ID, values: [claims.sub] });
        if (!found.rows.length) throw refuse(401, "Bad token.");
        request.caller = found.rows[0];
    });
    app.decorate("requireCaller", async (request) => {
        await app.findCaller(request);
        if (!request.caller) throw refuse(401, "A token is needed.");
    });

    app.post("/v1/auth/tokens", { schema: { body: credentials } }, async (request) => {
        const found = await app.pool.query(BY_NAME, [request.body.username]);
        if (!found.rows.length || !matchesPassword(found.rows[0].password, request.body.password)) {
            throw refuse(401, "Wrong username or password.");
        }
        return { access: app.jwt.sign({ sub: found.rows[0].id }) };
    });
    app.register(orders, { prefix: "/v1/orders" });
    app.register(pets, { prefix: "/v1/pets" });
    return app;
}

module.exports = { buildApp };
