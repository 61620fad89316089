"""Describe the headers of responses (contract, Conventions)."""

from typing import Any

from django.conf import settings

from kernel.caller import REQUEST_ID_PATTERN

Schema = dict[str, Any]


def _build_response_header(description: str, schema: Schema, example: Any) -> Schema:
    return {"description": description, "schema": schema, "example": example}


_COUNT: Schema = {"type": "integer", "minimum": 0}

HEADERS: dict[str, Schema] = {
    "X-Request-ID": _build_response_header(
        "The request's id, as sent or as generated; it is also in the service's log.",
        {"type": "string", "pattern": REQUEST_ID_PATTERN},
        "019b4139-77aa-7c3e-9b1f-2d3c4b5a6978",
    ),
    "RateLimit-Limit": _build_response_header(
        "The number of requests allowed in the current window; absent where there is no limit.", _COUNT, 100
    ),
    "RateLimit-Remaining": _build_response_header("The number of requests left in the current window.", _COUNT, 99),
    "RateLimit-Reset": _build_response_header("The end of the window, in Unix seconds.", _COUNT, 1766325420),
    "RateLimit-Policy": _build_response_header(
        "The quota in the form of the IETF draft: its name, the number of requests and the window in seconds.",
        {"type": "string"},
        '"token";q=100;w=60',
    ),
    "RateLimit": _build_response_header(
        "The caller's quota in the form of the IETF draft: the requests left, and for how many seconds.",
        {"type": "string"},
        '"token";r=96;t=44',
    ),
    "ETag": _build_response_header(
        "The strong validator of this version.", {"type": "string", "pattern": '^"[^"]+"$'}, '"v1"'
    ),
    "Location": _build_response_header(
        "The URL of the new resource.",
        {"type": "string", "format": "uri"},
        f"https://petstore.example{settings.API_PREFIX}orders/019b4139-1234-7abc-8def-123456789abc",
    ),
    "Retry-After": _build_response_header(
        "Seconds after which the same request may succeed.", {"type": "integer", "minimum": 1}, 12
    ),
    "Idempotent-Replayed": _build_response_header(
        "Present where this is the stored response to the first request with the key.",
        {"type": "string", "const": "true"},
        "true",
    ),
    "WWW-Authenticate": _build_response_header(
        "How to authenticate (RFC 6750, RFC 9470).", {"type": "string"}, 'Bearer error="invalid_token"'
    ),
}

COMMON_HEADERS = (
    "X-Request-ID",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
)


def refer_to_headers(*names: str) -> Schema:
    """Return references to the headers that every response has, and to these."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *COMMON_HEADERS)}
