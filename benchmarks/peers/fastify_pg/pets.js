// The routes of pets.
"use strict";

const pages = require("./pages");

const COLUMNS =
    "id, tenant_id, species, name, breed, age_months, size, color, gender, good_with_kids, price, currency, " +
    "description, status, spayed_neutered, vaccinated, microchipped, special_needs, health_notes, created_at, " +
    "updated_at, ARRAY(SELECT url FROM shop_petphoto p WHERE p.pet_id = shop_pet.id ORDER BY p.id) AS photos";
const READ = `SELECT ${COLUMNS} FROM shop_pet WHERE id = $1 AND tenant_id = $2`;
const SORTED = { createdAt: "created_at", ageMonths: "age_months", price: "price" };

const { id, optional, text, whole } = pages;
const flag = { type: "boolean" };
const pet = {
    type: "object",
    properties: {
        id: text, species: text, name: text, breed: text, ageMonths: whole, size: text, color: text, gender: text,
        goodWithKids: { type: ["boolean", "null"] }, price: text, currency: text, description: text, status: text,
        photos: { type: "array", items: text },
        medicalInfo: {
            type: "object",
            properties: {
                spayedNeutered: flag, vaccinated: flag, microchipped: flag, specialNeeds: flag, healthNotes: text,
            },
        },
        createdAt: text, updatedAt: text, tenantId: optional,
    },
};
const petSearch = {
    type: "object",
    properties: {
        criteria: {
            type: "object",
            default: {},
            properties: {
                species: { type: "array", items: text },
                ageRange: { type: "object", default: {}, properties: { min: whole, max: whole } },
                medical: { type: "object", default: {}, properties: { vaccinated: flag, spayedNeutered: flag } },
            },
        },
        sort: {
            type: "object",
            default: {},
            properties: {
                field: { enum: Object.keys(SORTED), default: "createdAt" },
                order: { enum: ["ASC", "DESC"], default: "ASC" },
            },
        },
        pagination: { ...pages.pageQuery, default: {} },
    },
};

function showPet(row) {
    return {
        id: row.id,
        species: row.species,
        name: row.name,
        breed: row.breed,
        ageMonths: row.age_months,
        size: row.size,
        color: row.color,
        gender: row.gender,
        goodWithKids: row.good_with_kids,
        price: row.price,
        currency: row.currency,
        description: row.description,
        status: row.status,
        photos: row.photos,
        medicalInfo: {
            spayedNeutered: row.spayed_neutered,
            vaccinated: row.vaccinated,
            microchipped: row.microchipped,
            specialNeeds: row.special_needs,
            healthNotes: row.health_notes,
        },
        createdAt: pages.seconds(row.created_at),
        updatedAt: pages.seconds(row.updated_at),
        tenantId: pages.shownScope(row.tenant_id),
    };
}

function listConditions({ species, ageRange, medical }) {
    const all = [
        ["species = ANY(?)", species && species.length ? species : undefined],
        ["age_months >= ?", ageRange.min],
        ["age_months <= ?", ageRange.max],
        ["vaccinated = ?", medical.vaccinated],
        ["spayed_neutered = ?", medical.spayedNeutered],
    ];
    return all.filter(([, value]) => value !== undefined);
}

module.exports = async function pets(app) {
    const preHandler = app.findCaller;
    const ofStatus = (request, status) => [["tenant_id = ?", pages.scopeOf(request)], ["status = ?", status]];
    const response = { 200: pages.describePage(pet) };

    const list = { headers: pages.scopeHeaders, querystring: pages.pageQuery, response };
    app.get("/", { schema: list, preHandler }, async (request) => {
        const conditions = ofStatus(request, request.query.status || "AVAILABLE");
        const wanted = { table: "shop_pet", columns: COLUMNS, conditions, ordering: "created_at, id" };
        const { rows, total } = await pages.readPage(app.pool, wanted, request.query);
        return pages.buildPage(request, rows.map(showPet), total, request.query);
    });

    const search = { headers: pages.scopeHeaders, body: petSearch, response };
    app.post("/search", { schema: search, preHandler }, async (request) => {
        const { criteria, sort, pagination } = request.body;
        const conditions = [...ofStatus(request, "AVAILABLE"), ...listConditions(criteria)];
        const ordering = `${SORTED[sort.field]} ${sort.order}, id ${sort.order}`;
        const wanted = { table: "shop_pet", columns: COLUMNS, conditions, ordering };
        const { rows, total } = await pages.readPage(app.pool, wanted, pagination);
        return pages.buildPage(request, rows.map(showPet), total, pagination, false);
    });

    const params = { type: "object", properties: { pet: id } };
    const read = { headers: pages.scopeHeaders, params, response: { 200: pet } };
    app.get("/:pet", { schema: read, preHandler }, async (request) => {
        const values = [request.params.pet, pages.scopeOf(request)];
        const found = await app.pool.query({ name: "pet", text: READ, values });
        if (!found.rows.length) throw app.refuse(404, "No such pet.");
        return showPet(found.rows[0]);
    });
};
