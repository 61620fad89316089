"""Generate the OpenAPI document once a process: the generator keeps state that threads must not share."""

from functools import cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator

_making = Lock()


def get_openapi_document() -> dict[str, Any]:
    """Return the document as data."""
    with _making:
        return _generate_openapi_document()


@cache
def _generate_openapi_document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made
