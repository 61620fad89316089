"""Answer conditional requests by strong ETags (contract, Caching; RFC 9110, 8.8.3 and 13)."""

from collections.abc import Callable

from rest_framework.request import Request

from petstore.interfaces.representation.etags import NO_VERSION, find_held_etag, list_expected_versions
from petstore.interfaces.rest.renderers import Response
from petstore.server.response_headers import add_ready_headers


def respond_with_etag(request: Request, tag: str, represent: Callable[[], object]) -> Response:
    """Return 200 with the resource, or 304 where the caller has this version already."""
    held = find_matching_etag(request, tag)
    response = Response(status=304) if held else Response(represent())
    add_ready_headers(response, {"etag": ("ETag", held or tag)})
    return response


def find_matching_etag(request: Request, tag: str) -> str | None:
    """Return the tag in If-None-Match that names this version, for a 304 to repeat; None where there is none."""
    return find_held_etag(request._request.META.get("HTTP_IF_NONE_MATCH"), tag)


def read_expected_version(request: Request, current: Callable[[], int]) -> int | None:
    """Return the version that If-Match asks for, or None without the header.

    A tag that names no version asks for one that no row has, and weak tags never match (RFC 9110, 13.1.1): the use
    case refuses, after it has checked that the caller may see the row at all (13.2.1).

    Args:
        current: reads the current version; called only where If-Match names several.
    """
    header = request._request.META.get("HTTP_IF_MATCH")
    if header is None or header.strip() == "*":
        return None
    versions = list_expected_versions(header)
    if not versions:
        return NO_VERSION
    if len(versions) == 1:
        return versions[0]
    now = current()
    return now if now in versions else versions[0]
