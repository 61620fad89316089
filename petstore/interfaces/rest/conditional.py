"""Answer conditional requests by strong ETags (contract, Caching; RFC 9110, 8.8.3 and 13).

A compressed answer has an ETag of its own, `"v1-gzip"`; each of them names the version, whichever the caller has.
"""

import re
from collections.abc import Callable

from rest_framework.request import Request

from petstore.interfaces.http.compression import CODINGS
from petstore.interfaces.rest.renderers import Response

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_CODING = re.compile(rf"-(?:{'|'.join(coding.name for coding in CODINGS)})\Z")
_VERSION = re.compile(r"v([0-9]{1,9})\Z")
NO_VERSION = 0
"""Versions count from 1."""


def format_version_etag(version: int) -> str:
    """Return the strong validator of a row's version."""
    return f'"v{version}"'


def respond_with_etag(request: Request, tag: str, represent: Callable[[], object]) -> Response:
    """Return 200 with the resource, or 304 where the caller has this version already."""
    held = find_matching_etag(request, tag)
    return Response(status=304, headers={"ETag": held}) if held else Response(represent(), headers={"ETag": tag})


def find_matching_etag(request: Request, tag: str) -> str | None:
    """Return the tag in If-None-Match that names this version, for a 304 to repeat; None where there is none."""
    header = request._request.META.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return None
    if header.strip() == "*":
        return tag
    plain = tag.strip('"')
    return next((f'"{held}"' for held in _parse_etag_list(header, weak=True) if _CODING.sub("", held) == plain), None)


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
    versions = [
        int(match[1]) for tag in _parse_etag_list(header, weak=False) if (match := _VERSION.match(_CODING.sub("", tag)))
    ]
    if not versions:
        return NO_VERSION
    if len(versions) == 1:
        return versions[0]
    now = current()
    return now if now in versions else versions[0]


def _parse_etag_list(header: str, *, weak: bool) -> list[str]:
    return [tag for prefix, tag in _TAG.findall(header) if weak or not prefix]
