"""Limits of requests: body and query lengths, single headers and readable media types."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.http import parse_header_parameters

Scope = dict[str, Any]

UNREADABLE_TYPE = b"application/octet-stream"
"""Replaces a Content-Type that Django cannot read: no parser accepts it, and the response is 415."""

MAX_BODY = 256 * 1024
"""Of JSON: larger than a pet with all its texts at their longest and every character escaped."""

MAX_MESSAGE = 1024 * 1024
"""Of a message of another protocol than REST, and of a consultation with all that was said before."""
MAX_FRAME = 16 * 1024
"""Of a message on a web socket of ours."""
_MESSAGE_PATHS = (f"{settings.MCP_PATH}/", f"{settings.SOAP_PATH}/", f"{settings.GRAPHQL_PATH}/")
MAX_PAYLOAD = 64 * 1024
"""Of what a client of Socket.IO sends at a time, over polling or a web socket."""
_CHAT_PATH = f"{settings.API_PREFIX}chat/completions"

MAX_UPLOAD: int = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
MAX_LENGTH_DIGITS = 12
MAX_QUERY = 8 * 1024
_ASCII_END = 0x80


REPEATED_HEADER = "petstore.repeated_header"
"""The META key that names the repeated header; no caller's header can have such a name."""

_SINGLE_HEADERS = frozenset(
    (b"host", b"authorization", b"content-type", b"x-tenant-id", b"idempotency-key", b"if-match", b"origin")
)


def find_body_limit(path: str, content_type: str) -> int:
    """Return the length of the longest body that is taken at a path."""
    if f"{path}/".startswith(_MESSAGE_PATHS):
        return MAX_MESSAGE
    if path == settings.SOCKET_IO_PATH:
        return MAX_PAYLOAD
    is_json = path.startswith(settings.API_PREFIX) and content_type[:10].lower() != "multipart/"
    if is_json and path == _CHAT_PATH:
        return MAX_MESSAGE
    return MAX_BODY if is_json else MAX_UPLOAD


def find_repeated_header(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the name of a header that must be single and is repeated, or None.

    Args:
        headers: as received; Django joins them by commas, which a single header may hold, too.
    """
    seen: set[bytes] = set()
    for name, _value in headers:
        if name in seen:
            return name.decode("latin-1").title()
        if name in _SINGLE_HEADERS:
            seen.add(name)
    return None


def make_scope_readable(scope: Scope) -> Scope:
    """Return the scope with a query string and a Content-Type that Django's request class can read."""
    query = scope.get("query_string", b"")
    if not query.isascii():
        scope = {**scope, "query_string": _escape_non_ascii(query)}
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if all(is_readable_content_type(value.decode("latin-1")) for value in types):
        return scope
    headers = [header for header in scope["headers"] if header[0] != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", UNREADABLE_TYPE)]}


def is_readable_content_type(content_type: str) -> bool:
    """Return whether Django can read this Content-Type."""
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True


def _escape_non_ascii(query: bytes) -> bytes:
    return b"".join(bytes((byte,)) if byte < _ASCII_END else b"%%%02X" % byte for byte in query)
