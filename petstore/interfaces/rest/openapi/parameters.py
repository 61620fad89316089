"""Describe the parameters that many operations share (contract, Conventions)."""

from typing import Any

from kernel.caller import REQUEST_ID_PATTERN
from petstore.interfaces.rest.openapi import pages

Schema = dict[str, Any]


_TENANT_ID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[47][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
"""A pattern: of `format: uuid` openapi-python-client makes an object that it cannot send in a header."""


def _build_header_parameter(name: str, description: str, schema: Schema, sample: str) -> Schema:
    """Describe a header. The sample goes into the text: as an `example`, Swagger UI would send it unasked."""
    return {"name": name, "in": "header", "description": f"{description} Such as `{sample}`.", "schema": schema}


PARAMETERS: dict[str, Schema] = {
    "TenantId": _build_header_parameter(
        "X-Tenant-ID",
        "The tenant that the request reads and writes (a UUID of version 4 or 7); without it, the shared pool.",
        {"type": "string", "pattern": _TENANT_ID},
        "550e8400-e29b-41d4-a716-446655440000",
    ),
    "RequestId": _build_header_parameter(
        "X-Request-ID",
        "An id of your own for this request, echoed and logged. One that does not match the pattern is replaced.",
        {"type": "string", "pattern": REQUEST_ID_PATTERN},
        "checkout-4711",
    ),
    "IdempotencyKey": _build_header_parameter(
        "Idempotency-Key",
        "Makes the request safe to repeat: for 24 hours it has its effect once for each key.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"},
        "order-4711-first-try",
    ),
    "IfMatch": _build_header_parameter(
        "If-Match", "Change the resource only if it still has this `ETag`; else 412.", {"type": "string"}, '"v1"'
    ),
    "IfNoneMatch": _build_header_parameter(
        "If-None-Match", "Answer 304 if the resource still has this `ETag`.", {"type": "string"}, '"v1"'
    ),
    **pages.PARAMETERS,
}

COMMON_PARAMETERS = ("TenantId", "RequestId")


def refer_to_parameters(*names: str) -> list[Schema]:
    """Return references to parameters of this table."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
