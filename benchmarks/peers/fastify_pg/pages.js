// What collections share: the scope, the envelope, and its schemas.
"use strict";

const SHARED_POOL = "00000000-0000-0000-0000-000000000001";
const id = { type: "string", pattern: "^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$" };
const text = { type: "string" };
const optional = { type: ["string", "null"] };
const whole = { type: "integer" };

const scopeHeaders = { type: "object", properties: { "x-tenant-id": id } };
const pageQuery = {
    type: "object",
    properties: {
        page: { type: "integer", minimum: 1, default: 1 },
        limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
        status: text,
    },
};

function describePage(item) {
    const links = { self: text, next: optional, prev: optional, first: optional, last: optional };
    return {
        type: "object",
        properties: {
            data: { type: "array", items: item },
            pagination: {
                type: "object",
                properties: { page: whole, limit: whole, totalItems: whole, totalPages: whole },
            },
            links: { type: "object", properties: links },
        },
    };
}

// The tenant's header; without one it is the shared pool.
const scopeOf = (request) => request.headers["x-tenant-id"] || SHARED_POOL;
const shownScope = (tenant) => (tenant === SHARED_POOL ? null : tenant);
const seconds = (at) => `${at.toISOString().slice(0, 19)}Z`;

function buildPage(request, data, total, { page, limit }, hasLinks = true) {
    const pages = Math.max(1, Math.ceil(total / limit));
    const url = new URL(request.url, `${request.protocol}://${request.host}`);
    const self = url.href;
    const at = (number) => {
        if (!hasLinks || number < 1 || number > pages) return null;
        url.searchParams.set("page", number);
        return url.href;
    };
    return {
        data,
        pagination: { page, limit, totalItems: total, totalPages: pages },
        links: { self, next: at(page + 1), prev: at(page - 1), first: at(1), last: at(pages) },
    };
}

// One page of a table's rows and the number of all: statements that differ by their conditions only stay prepared.
async function readPage(pool, { table, columns, conditions, ordering }, { page, limit }) {
    const where = conditions.map(([condition], index) => condition.replace("?", `$${index + 1}`)).join(" AND ");
    const values = conditions.map(([, value]) => value);
    const next = values.length + 1;
    const count = `SELECT count(*)::int AS total FROM ${table} WHERE ${where}`;
    const rows = `SELECT ${columns} FROM ${table} WHERE ${where} ORDER BY ${ordering} LIMIT $${next} OFFSET $${next + 1}`;
    const counted = await pool.query({ name: named(count), text: count, values });
    const found = await pool.query({ name: named(rows), text: rows, values: [...values, limit, (page - 1) * limit] });
    return { rows: found.rows, total: counted.rows[0].total };
}

const names = new Map();

function named(statement) {
    if (!names.has(statement)) names.set(statement, `page${names.size}`);
    return names.get(statement);
}

module.exports = {
    SHARED_POOL, buildPage, describePage, id, optional, pageQuery, readPage, scopeHeaders, scopeOf, seconds, shownScope,
    text, whole,
};
