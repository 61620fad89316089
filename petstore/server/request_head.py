"""Reading of request heads: the length of the body, and refusal of ambiguous heads (guarantees, G14 and G19)."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from petstore.server.request_limits import MAX_BODY, MAX_LENGTH_DIGITS, MAX_UPLOAD, find_body_limit

Scope = MutableMapping[str, Any]


class Refused(Exception):
    """The request is refused before Django sees it, and its connection is closed.

    Attributes:
        detail: a sentence for the caller; without one the status's own is used.
    """

    def __init__(self, status: int, detail: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, tuple(headers)


class ExpectedBody(NamedTuple):
    """The body that follows a head.

    Attributes:
        length: in bytes; None for chunks, whose length is known at their end only.
        most: the longest body of its kind.
        waits: the caller waits for permission to send it (Expect: 100-continue).
    """

    length: int | None
    most: int = MAX_BODY
    waits: bool = False

    @property
    def is_too_large(self) -> bool:
        return self.length is not None and self.length > self.most


NO_BODY = ExpectedBody(0)
_FRAMING_HEADERS = frozenset((b"content-length", b"transfer-encoding"))
_BODY_HEADERS = _FRAMING_HEADERS | {b"content-type", b"expect"}


def read_request_head(scope: Scope) -> ExpectedBody:
    """Return the body to expect, and drop header names with an underscore, as nginx does.

    Django would read `X_Tenant_ID` as `X-Tenant-ID`, past a proxy that distinguishes the two.

    Raises:
        Refused: the head's framing is ambiguous.
    """
    headers: dict[bytes, bytes] = {}
    has_odd_name = False
    for name, value in scope["headers"]:
        if name in _BODY_HEADERS:
            _collect_body_header(headers, name, value)
        elif b"_" in name:
            has_odd_name = True
    if has_odd_name:
        scope["headers"] = [header for header in scope["headers"] if b"_" not in header[0]]
    return _expect_body(headers, scope["path"]) if headers else NO_BODY


def _collect_body_header(headers: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    if name in headers and name in _FRAMING_HEADERS:
        raise _refuse_malformed_head(f"{name.decode().title()} has to stand once.")
    headers[name] = value


def _expect_body(headers: Mapping[bytes, bytes], path: str) -> ExpectedBody:
    if headers.keys() >= _FRAMING_HEADERS:
        raise _refuse_malformed_head("Transfer-Encoding and Content-Length say two things of one body.")
    length = None if b"transfer-encoding" in headers else _parse_content_length(headers.get(b"content-length", b"0"))
    most = find_body_limit(path, headers.get(b"content-type", b"").decode("latin-1"))
    return ExpectedBody(length, most, b"expect" in headers)


def _parse_content_length(value: bytes) -> int:
    if not value.isdigit():
        raise _refuse_malformed_head("Content-Length has to be a number.")
    return int(value) if len(value) <= MAX_LENGTH_DIGITS else MAX_UPLOAD + 1


def _refuse_malformed_head(detail: str) -> Refused:
    return Refused(400, detail)
