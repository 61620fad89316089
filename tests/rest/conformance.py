"""Holds answers against the OpenAPI document: their status, media type, headers and body."""

import gzip
import json
import re
from functools import cache
from typing import Any

import zstandard
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from petstore.interfaces.rest.openapi.document import get_openapi_document

Document = dict[str, Any]

_CONVERTER = re.compile(r"<\w+:(\w+)>")
_VARIABLE = re.compile(r"\{\w+\}")


def operation_of(method: str, path: str) -> Document | None:
    """The documented operation that a request means, or None for a path or method that is not documented."""
    try:
        route = resolve(path).route
    except Resolver404:
        return None
    return operations().get((method, template(route.removeprefix("v1"))))


def template(route: str) -> str:
    """A route of Django's without the names of its parameters."""
    return _CONVERTER.sub("{}", route)


@cache
def operations() -> dict[tuple[str, str], Document]:
    """All operations, by method and path; the parameters' names left out."""
    return {
        (method.upper(), _VARIABLE.sub("{}", path)): operation
        for path, item in get_openapi_document()["paths"].items()
        for method, operation in item.items()
    }


def faults(operation: Document, response: HttpResponse) -> list[str]:
    """What about an answer is not as the document says."""
    documented = operation["responses"].get(str(response.status_code))
    if documented is None:
        return [f"{operation['operationId']} answers {response.status_code}, which is not documented"]
    documented = resolved(documented)
    return [*_header_faults(documented, response), *_body_faults(documented.get("content", {}), response)]


def body_faults(schema: Document, value: Any) -> list[str]:
    """Where a value is not what a schema of the document says."""
    return [f"{error.json_path}: {error.message}" for error in _validator(json.dumps(schema)).iter_errors(value)]


def _header_faults(documented: Document, response: HttpResponse) -> list[str]:
    expected = documented.get("headers", {})
    watched = {"ETag", "Location", "Retry-After", "Idempotent-Replayed", "WWW-Authenticate"}
    undocumented = [f"{name} is not documented" for name in watched if name in response and name not in expected]
    certain = {"Location", *(("WWW-Authenticate",) if response.status_code == 401 else ())} & set(expected)
    missing = [f"{name} is missing" for name in certain if name not in response]
    return undocumented + missing


def _body_faults(content: Document, response: HttpResponse) -> list[str]:
    if not response.content:
        return ["the documented body is missing"] if content else []
    media_type = response.headers["Content-Type"].split(";")[0]
    if media_type not in content:
        return [f"{media_type} is not documented"]
    text = plain(response).decode()
    value = json.loads(text) if media_type.endswith("json") else text
    return body_faults(content[media_type]["schema"], value)


def plain(response: HttpResponse) -> bytes:
    """An answer's body as it was before it was compressed."""
    coding = response.headers.get("Content-Encoding")
    if coding == "gzip":
        return gzip.decompress(response.content)
    return zstandard.ZstdDecompressor().decompress(response.content) if coding else response.content


def resolved(node: Document) -> Document:
    """What a reference points at; anything else as it is."""
    if "$ref" not in node:
        return node
    found: Any = get_openapi_document()
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: Document = found
    return resolved


@cache
def _validator(schema: str) -> Any:
    whole = json.loads(schema) | {"components": {"schemas": _closed_schemas()}}
    return OAS31Validator(whole, format_checker=oas31_format_checker)


@cache
def _closed_schemas() -> Document:
    """The schemas, taking no property that they do not name: an answer has nothing that is not documented."""
    return {name: _closed(schema) for name, schema in get_openapi_document()["components"]["schemas"].items()}


def _closed(schema: Document) -> Document:
    return {"additionalProperties": False, **schema} if "properties" in schema else schema
