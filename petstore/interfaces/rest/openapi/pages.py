"""Describe the pages of collections in OpenAPI: their query parameters and their envelope (contract, Collections)."""

from typing import Any

from petstore.interfaces.representation.fields import MAX_INT
from petstore.interfaces.representation.page_requests import DEFAULT_LIMIT, MAX_LIMIT

Schema = dict[str, Any]

_URL: Schema = {"type": ["string", "null"], "format": "uri"}


def _build_query_parameter(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: dict[str, Schema] = {
    "Page": _build_query_parameter("page", "The page's number.", {"type": "integer", "minimum": 1, "default": 1}),
    "Limit": _build_query_parameter(
        "limit",
        "The number of items on a page.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "Cursor": _build_query_parameter(
        "cursor",
        "The position to continue from, as `links.next` and `links.prev` carry it; instead of `page`. It reaches any "
        "depth.",
        {"type": "string"},
    ),
}

SCHEMAS: dict[str, Schema] = {
    "Pagination": {
        "type": "object",
        "description": "The number of this page, and how many there are.",
        "properties": {
            "page": {"type": "integer", "maximum": MAX_INT, "minimum": 1},
            "limit": {"type": "integer", "maximum": MAX_LIMIT, "minimum": 1},
            "totalItems": {"type": "integer", "maximum": MAX_INT, "minimum": 0},
            "totalPages": {"type": "integer", "maximum": MAX_INT, "minimum": 0},
            "totalIsEstimate": {
                "type": "boolean",
                "description": "Present and true where `totalItems` is an estimate.",
            },
        },
        "required": ["limit", "page", "totalItems", "totalPages"],
    },
    "Links": {
        "type": "object",
        "description": "Absolute URLs of this page and its neighbours; null where there is none, as after a search.",
        "properties": {
            "self": {"type": "string", "format": "uri"},
            "next": _URL,
            "prev": _URL,
            "first": _URL,
            "last": {**_URL, "description": "Null also where the last page is too deep for a page number."},
        },
        "required": ["first", "last", "next", "prev", "self"],
    },
}


def describe_collection_page(items: Schema) -> Schema:
    """Return the schema of a page.

    Args:
        items: the schema of its rows, an array.
    """
    name = items["items"]["$ref"].rpartition("/")[2]
    return {
        "type": "object",
        "description": f"A page of {name} items.",
        "properties": {
            "data": items,
            "pagination": {"$ref": "#/components/schemas/Pagination"},
            "links": {"$ref": "#/components/schemas/Links"},
        },
        "required": ["data", "links", "pagination"],
    }


def name_collection_schema(name: str) -> str:
    """Return the component's name of a page: `PetCollection` of `Pet`."""
    return f"{name}Collection"
