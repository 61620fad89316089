"""What surrounds drf-spectacular's work: no QUERY before it, the shared components after it."""

import re
from typing import Any

import uritemplate

from petstore.interfaces.rest.openapi import events
from petstore.interfaces.rest.openapi.error_responses import ERROR_RESPONSES, FIELD_ERROR, PROBLEM
from petstore.interfaces.rest.openapi.headers import HEADERS
from petstore.interfaces.rest.openapi.parameters import PARAMETERS

Schema = dict[str, Any]
Endpoint = tuple[str, str, str, Any]

_WORD_START = re.compile(r"_([a-z])")


def exclude_query_method(endpoints: list[Endpoint]) -> list[Endpoint]:
    """OpenAPI 3.1 knows no method QUERY; `POST /pets/search` does the same and says so."""
    return [endpoint for endpoint in endpoints if endpoint[2] != "QUERY"]


def add_shared_components(result: Schema, **_context: Any) -> Schema:
    """The document with the components that its operations refer to, the contract's path parameters, and webhooks."""
    components = result["components"]
    schemas = components.get("schemas", {}) | {"Problem": PROBLEM, "FieldError": FIELD_ERROR} | events.SCHEMAS
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {refusal.name: refusal.to_openapi() for refusal in ERROR_RESPONSES}
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    result["webhooks"] = events.WEBHOOKS
    result["paths"] = dict(_rename_path_parameters(path, operations) for path, operations in result["paths"].items())
    return result


def _rename_path_parameters(path: str, operations: Schema) -> tuple[str, Schema]:
    """The path with parameters as callers know them: `id`, or `webhookId` where there are several."""
    names = list(uritemplate.variables(path))
    public = {name: "id" if len(names) == 1 else _camel_case(name) for name in names}
    for operation in operations.values():
        for parameter in operation["parameters"]:
            if parameter.get("in") == "path":
                parameter |= {
                    "name": public[parameter["name"]],
                    "description": "A UUID, in either case; anything else is not found.",
                }
    for name, new in public.items():
        path = path.replace(f"{{{name}}}", f"{{{new}}}")
    return path, operations


def _camel_case(name: str) -> str:
    return _WORD_START.sub(lambda match: match[1].upper(), name)
