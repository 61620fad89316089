"use strict";

const place = document.getElementById("graphiql");
const address = new URL(window.location.pathname, window.location.href);
const socket = new URL(address);
socket.protocol = address.protocol.replace("http", "ws");

const GREETING = `# Who you are goes into the tab "Headers" below:
#
#   {"Authorization": "Bearer …", "X-Tenant-ID": "…"}
#
# Without it you see the shared pool, as everybody does.

{
  pets(limit: 3) {
    id
    name
    species
    price
  }
}
`;

const fetcher = GraphiQL.createFetcher({ url: address.href, subscriptionUrl: socket.href });

/* A socket's first message names its headers in lower case; HTTP minds neither. */
const lowerNames = (headers) => Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
const fetchOperation = (operation, options) => fetcher(operation, { ...options, headers: lowerNames(options?.headers) });

ReactDOM.createRoot(place).render(
    React.createElement(GraphiQL, {
        fetcher: fetchOperation,
        defaultQuery: GREETING,
        query: new URLSearchParams(window.location.search).get("query") ?? undefined,
        defaultEditorToolsVisibility: "headers",
        shouldPersistHeaders: false,
        storage: window.sessionStorage, // its history has headers in it, with tokens
    }),
);
