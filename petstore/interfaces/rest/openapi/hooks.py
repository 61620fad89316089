"""Complete the document that drf-spectacular makes: title, guide, shared components, path parameters, webhooks."""

from typing import Any

import uritemplate

from petstore.interfaces.http.problems import to_camel_case
from petstore.interfaces.rest.openapi import chat, events, pages
from petstore.interfaces.rest.openapi.description import GUIDE, TAGS, TITLE
from petstore.interfaces.rest.openapi.error_responses import ERROR_RESPONSES, FIELD_ERROR, PROBLEM
from petstore.interfaces.rest.openapi.headers import HEADERS
from petstore.interfaces.rest.openapi.parameters import PARAMETERS
from petstore.interfaces.rest.openapi.security import OAUTH, OAUTH_SCHEME

Schema = dict[str, Any]
Endpoint = tuple[str, str, str, Any]

SHARED_SCHEMAS: dict[str, Schema] = {
    "Problem": PROBLEM,
    "FieldError": FIELD_ERROR,
    **pages.SCHEMAS,
    **events.SCHEMAS,
    **chat.SCHEMAS,
}


def exclude_query_method(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Leave out the method QUERY, which OpenAPI 3.1 does not know; `POST /pets/search` does the same and says so."""
    return [endpoint for endpoint in endpoints if endpoint[2] != "QUERY"]


def complete_openapi_document(result: Schema, **_context: Any) -> Schema:
    """Add what no operation says by itself, and give path parameters the names that callers know."""
    result["info"] |= {"title": TITLE, "description": GUIDE}
    result["tags"] = TAGS
    result["webhooks"] = events.WEBHOOKS
    result["paths"] = dict(_rename_path_parameters(path, operations) for path, operations in result["paths"].items())
    components = result["components"]
    components["schemas"] = dict(sorted((components.get("schemas", {}) | SHARED_SCHEMAS).items()))
    components["responses"] = {response.name: response.to_openapi_response() for response in ERROR_RESPONSES}
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    components["securitySchemes"][OAUTH] = OAUTH_SCHEME
    return result


def _rename_path_parameters(path: str, operations: Schema) -> tuple[str, Schema]:
    """Call the parameter of a path `id`, or `webhookId` and the like where there are several."""
    names = list(uritemplate.variables(path))
    public = {name: "id" if len(names) == 1 else to_camel_case(name) for name in names}
    for operation in operations.values():
        for parameter in operation["parameters"]:
            if parameter.get("in") == "path":
                parameter["name"] = public[parameter["name"]]
                parameter.setdefault("description", "A UUID, in either case; anything else is answered with 404.")
    for name, new in public.items():
        path = path.replace(f"{{{name}}}", f"{{{new}}}")
    return path, operations
