"""The introduction of the OpenAPI document, and its tags (contract, Conventions)."""

TITLE = "Pet Store API"

GUIDE = """\
The orders of a pet shop or shelter: pets, inventory, orders, payments, webhooks and accounts.

**Calling.** JSON in UTF-8, names in camelCase, no trailing slash. `HEAD` and `OPTIONS` answer on every resource.
Enums go out in upper case and come in in any case; timestamps are RFC 3339 in UTC, in whole seconds; ids are UUIDv7;
money is a decimal string beside an ISO 4217 currency.

**Authentication.** `Authorization: Bearer <token>` with a token of `POST /auth/tokens`. A token that is present but
bad is refused with 401 everywhere, also where a token is optional. Each call names the scope that it needs.
Sensitive steps want a log-in that is at most 15 minutes old: closing an account, giving roles and memberships, a new
secret, a refund, a forced cancellation. Without one they are refused with 401 and `WWW-Authenticate: Bearer
error="insufficient_user_authentication", max_age="900"` (RFC 9470): log in anew, for a renewed token is as old as its
log-in.

**Tenants.** `X-Tenant-ID` names the tenant that the whole request sees; without it the request sees the shared pool.
What belongs to another tenant is not found.

**Errors** are problem details of RFC 9457, `application/problem+json`; an `Accept` of that alone takes every answer.
Where fields are at fault, `errors` lists them. A method that a resource does not have is answered with 405 and `Allow`.

**Collections** come in pages: `page` and `limit`, or the `cursor` that `links.next` and `links.prev` carry.

**Caching.** One resource has a strong `ETag`: send it as `If-None-Match` to be told 304 when nothing changed, and as
`If-Match` to change only what you have seen (else 412). Answers of 1 KiB and more are compressed as `Accept-Encoding`
says (zstd, gzip); a compressed one has an `ETag` of its own, which serves as well.

**Browsers.** Pages of the origins that the service names may call it, without cookies; they can read `ETag`,
`Location`, `Retry-After`, the rate limits, `X-Request-ID` and `Idempotent-Replayed`.

**Doing it once.** A call that takes an `Idempotency-Key` has its effect once a key; for 24 hours the same request is
answered with the first answer and `Idempotent-Replayed: true`. It stands once: two such headers are refused.

**Hearing of changes.** `GET /orders/{id}/events` streams an order's events while somebody listens. A webhook has them
sent to a URL, signed (`X-Webhook-Signature`, and the headers of Standard Webhooks), at least once, of one order in
order, and tried again for an hour and a half.

**Rate limits.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` say what is left, and so do
`RateLimit-Policy` and `RateLimit` as the IETF's draft has them; past the quota the answer is 429 with `Retry-After`.
A quota belongs to a person, however many tokens they have, or to an address (of IPv6 its /64) without a token. An
account's first hour counts for its address; so do signing up and renewing. Log-ins have a quota of their own by
address, and wrong passwords one by name. 304 and preflights are free.
"""

TAGS = [
    {"name": "Pets", "description": "The animals, their pictures and the search for them."},
    {"name": "Inventory", "description": "How many pets there are."},
    {"name": "Orders", "description": "Placing, reading and cancelling orders."},
    {"name": "Payments", "description": "Paying an order, and its receipt."},
    {"name": "Webhooks", "description": "Where events are sent, and what became of them."},
    {"name": "Events", "description": "What is sent to webhooks and callbacks: for those who receive it."},
    {"name": "Users", "description": "Accounts."},
    {"name": "Admin", "description": "The store's own staff: figures, accounts, orders and the journal."},
    {"name": "Authentication", "description": "Tokens: obtain, refresh, revoke."},
]
