"""Strong ETags of rows' versions, as every protocol shows and takes them (contract, Caching; RFC 9110, 8.8.3).

A compressed answer has an ETag of its own, `"v1-gzip"`; each of them names the version, whichever the caller has.
"""

import re

from petstore.interfaces.http.compression import CODINGS

NO_VERSION = 0
"""Versions count from 1."""
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_CODING = re.compile(rf"-(?:{'|'.join(coding.name for coding in CODINGS)})\Z")
_VERSION = re.compile(r"v([0-9]{1,9})\Z")


def format_version_etag(version: int) -> str:
    """Return the strong validator of a row's version."""
    return f'"v{version}"'


def parse_etag_list(header: str, *, weak: bool) -> list[str]:
    """Return the tags of a list, without their quotes.

    Args:
        weak: weak tags count, too.
    """
    return [tag for prefix, tag in _TAG.findall(header) if weak or not prefix]


def strip_coding(tag: str) -> str:
    """Return a tag without the coding of a compressed answer."""
    return _CODING.sub("", tag)


def find_held_etag(header: str | None, tag: str) -> str | None:
    """Return the tag of an If-None-Match that names what `tag` names, for a 304 to repeat; None where there is none."""
    if header is None:
        return None
    if header.strip() == "*":
        return tag
    plain = tag.strip('"')
    return next((f'"{held}"' for held in parse_etag_list(header, weak=True) if strip_coding(held) == plain), None)


def list_expected_versions(text: str) -> list[int]:
    """Return the versions that strong tags name; weak tags never match (RFC 9110, 13.1.1)."""
    tags = map(strip_coding, parse_etag_list(text, weak=False))
    return [int(match[1]) for tag in tags if (match := _VERSION.match(tag))]


def parse_expected_version(etag: str | None) -> int | None:
    """Return the version that one tag asks for; None without one, NO_VERSION, which no row has, where it names none."""
    if not etag:
        return None
    return next(iter(list_expected_versions(etag)), NO_VERSION)
