// Processes by node:cluster, whose pools together are as large as the load.
"use strict";

const cluster = require("node:cluster");
const { buildApp } = require("./app");

const [port, processes] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
    for (let count = 0; count < processes; count += 1) cluster.fork();
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
} else {
    buildApp({ url: process.env.DATABASE_URL, secret: process.env.SECRET_KEY }).listen({ port, host: "127.0.0.1" });
}
