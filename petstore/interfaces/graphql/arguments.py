"""Read arguments that several fields have: ids, versions, pages (contract, GraphQL)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel import ids
from kernel.errors import DomainError
from petstore.interfaces.representation.etags import NO_VERSION, parse_expected_version
from petstore.interfaces.representation.filters import write_as_query
from petstore.interfaces.representation.page_requests import PageRequest, read_page_request

Arguments = Mapping[str, Any]


def read_id(arguments: Arguments, not_found: type[DomainError]) -> UUID:
    """Return the id of what is to be read or changed; no row has one that is no UUID."""
    found = ids.parse_id(arguments["id"])
    if found is None:
        raise not_found
    return found


def read_if_match(arguments: Arguments) -> int | None:
    """Return the version that the caller has seen; None where they do not say."""
    etag: str | None = arguments.get("ifMatch")
    return NO_VERSION if etag == "" else parse_expected_version(etag)


def read_page(arguments: Arguments) -> PageRequest:
    """Return the page that the caller asks for by `page` and `limit`; raises Invalid."""
    return read_page_request(write_as_query({name: arguments.get(name) for name in ("page", "limit")}))


def drop_nulls(value: Any) -> Any:
    """Return an input without what is null in it, at any depth: where null means "not given"."""
    if not isinstance(value, dict):
        return value
    return {name: drop_nulls(inner) for name, inner in value.items() if inner is not None}
