"""The introduction of the OpenAPI document, and its tags (contract, Conventions)."""

TITLE = "Pet Store API"

GUIDE = """\
The API of a pet shop or shelter: pets, inventory, orders, payments, webhooks and accounts.

**Requests.** JSON in UTF-8, names in camelCase, no trailing slash. `HEAD` and `OPTIONS` answer on every resource.
Enums are returned in upper case and accepted in any case; timestamps are RFC 3339 in UTC, in whole seconds; ids are
UUIDv7; money is a decimal string beside an ISO 4217 currency.

**Authentication.** `Authorization: Bearer <token>` with a token of `POST /auth/tokens`, or with one that a user has
granted to an application (OAuth 2.0), which has the granted scopes only. A token that is present but not valid is
refused with 401 everywhere, also where a token is optional. Each operation names the scope that it needs. Sensitive
operations need a log-in that is at most 15 minutes old: closing an account, giving roles and memberships, a new
secret, a refund, a forced cancellation. Without one they are refused with 401 and `WWW-Authenticate: Bearer
error="insufficient_user_authentication", max_age="900"` (RFC 9470): log in again, for a refreshed token is as old as
its log-in.

**Tenants.** `X-Tenant-ID` names the tenant whose data the request reads and writes; without it, the request uses the
shared pool. Resources of another tenant are not found.

**Errors** are problem details of RFC 9457, `application/problem+json`; an `Accept` of that alone accepts every
response. Where fields are invalid, `errors` lists them. A method that a resource does not have is answered with 405
and `Allow`.

**Collections** come in pages: by `page` and `limit`, or by the `cursor` that `links.next` and `links.prev` carry.

**Caching.** A single resource has a strong `ETag`: send it as `If-None-Match` to get 304 when nothing has changed, and
as `If-Match` to change only the version that you have seen (else 412). Responses of 1 KiB and more are compressed as
`Accept-Encoding` says (zstd, gzip); a compressed one has an `ETag` of its own, which serves as well.

**Browsers.** Pages of the allowed origins may call the API, without cookies; they can read `ETag`, `Location`,
`Retry-After`, the rate limits, `X-Request-ID` and `Idempotent-Replayed`.

**Idempotency.** An operation that takes an `Idempotency-Key` has its effect once for each key: for 24 hours the same
request is answered with the first response and `Idempotent-Replayed: true`. Send the header once; two are refused.

**Events.** `GET /orders/{id}/events` streams an order's events while the connection is open. A webhook receives them
at a URL, signed (`X-Webhook-Signature`, and the headers of Standard Webhooks), at least once, those of one order in
their order; deliveries are retried for an hour and a half.

**Rate limits.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` tell how many requests are left, and so
do `RateLimit-Policy` and `RateLimit` in the form of the IETF draft; past the limit the response is 429 with
`Retry-After`. A quota belongs to a user, however many tokens they have, or without a token to an IP address (of IPv6
its /64). In an account's first hour its requests count for the IP address; so do signing up and refreshing tokens.
Log-ins have a quota of their own for each IP address, and wrong passwords one for each name. 304 responses and
preflights are free.
"""

TAGS = [
    {"name": "Pets", "description": "Pets, their photos, and searching for pets."},
    {"name": "Inventory", "description": "The numbers of pets."},
    {"name": "Orders", "description": "Placing, reading and cancelling orders."},
    {"name": "Payments", "description": "Payments of orders, and receipts."},
    {"name": "Chat", "description": "The store's advisor, for OpenAI's libraries."},
    {"name": "Webhooks", "description": "Subscriptions to events, and their deliveries."},
    {"name": "Events", "description": "The requests that webhooks and callbacks receive."},
    {"name": "Users", "description": "User accounts."},
    {"name": "Admin", "description": "For the store's staff: figures, accounts, orders and the journal."},
    {"name": "Authentication", "description": "Obtaining, refreshing and revoking tokens."},
]
