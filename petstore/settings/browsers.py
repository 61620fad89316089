"""Origins whose pages may call the API (contract, Browsers): django-cors-headers, never with cookies."""

import re

from petstore.settings import environment as env
from petstore.settings.addresses import API_PREFIX, OAUTH_METADATA_PREFIX, OAUTH_PREFIX, SOCKET_IO_PATH

_ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([1-9][0-9]{0,4}))?\Z")
_USUAL = re.compile(r"http://[^/]*:80\Z|https://[^/]*:443\Z")
_LAST_PORT = 65_535


def _parse_browser_origin(text: str) -> str:
    """Parse an origin as browsers write it; any other spelling would never match."""
    match = _ORIGIN.match(text)
    if match is None or int(match[1] or 1) > _LAST_PORT or _USUAL.match(text):
        raise ValueError(text)
    return text


CORS_ALLOWED_ORIGINS: list[str] = env.read_variable(
    "CORS_ALLOWED_ORIGINS",
    lambda text: [_parse_browser_origin(part.strip().lower()) for part in text.split(",")],
    [],
    "a list of origins such as https://shop.example,http://localhost:5173: each with its scheme, with a port where it "
    "is not the usual one, without a path, and no *",
)
_PREFIXES = "|".join(re.escape(prefix) for prefix in (API_PREFIX, OAUTH_METADATA_PREFIX, SOCKET_IO_PATH))
CORS_URLS_REGEX = rf"^(?:{_PREFIXES}|{OAUTH_PREFIX}(?:token|revoke)\Z)"
CORS_ALLOW_METHODS = ("GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE")
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "x-request-id",
    "x-tenant-id",
)
CORS_EXPOSE_HEADERS = (
    "ETag",
    "Location",
    "Link",
    "Retry-After",
    "RateLimit",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
    "Idempotent-Replayed",
)
CORS_PREFLIGHT_MAX_AGE = 7200
"""The longest time that Chromium caches a preflight response."""

CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
MIDDLEWARE = [CORS_MIDDLEWARE] if CORS_ALLOWED_ORIGINS else []
"""Before the middleware that counts, authenticates or refuses; absent where no origin is allowed."""
