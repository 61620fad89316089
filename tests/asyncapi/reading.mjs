// Prints what @asyncapi/parser has to say of documents: for each a line, with what it finds and the version that it read.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const parser = new Parser();

for (const place of process.argv.slice(2)) {
    const { document, diagnostics } = await parser.parse(readFileSync(place, "utf8"));
    const found = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
    console.log(JSON.stringify({ version: document?.version() ?? null, found }));
}
