"""Headers of responses, set and encoded together.

Django checks each header that is set, and looks each up by itself. Most of ours are the same in every answer.
"""

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponseBase
from django.http.response import ResponseHeaders

ReadyHeaders = Mapping[str, tuple[str, str]]
"""By the name in lower case: the name and the value, as a response has them: of one line, the name of ASCII."""
Headers = list[tuple[bytes, bytes]]


def prepare_headers(headers: Mapping[str, str]) -> ReadyHeaders:
    """Check headers as Django does, so that they need no check when they are set."""
    return _headers_by_name(ResponseHeaders(headers))


def add_ready_headers(response: HttpResponseBase, headers: ReadyHeaders) -> None:
    """Set headers that need no check, in place of those of the same name."""
    _headers_by_name(response.headers).update(headers)


def add_missing_headers(response: HttpResponseBase, headers: ReadyHeaders) -> None:
    """Set headers that need no check, where the response has none of the name."""
    present = _headers_by_name(response.headers)
    present.update({name: pair for name, pair in headers.items() if name not in present})


def encode_response_headers(response: HttpResponseBase) -> Headers:
    """Encode a response's headers for ASGI."""
    pairs = _headers_by_name(response.headers).values()
    headers = [(_ENCODED_NAMES[name], value.encode("latin-1")) for name, value in pairs]
    if response.cookies:
        headers += [
            (b"Set-Cookie", morsel.output(header="").strip().encode("ascii")) for morsel in response.cookies.values()
        ]
    return headers


def _headers_by_name(headers: ResponseHeaders) -> dict[str, tuple[str, str]]:
    store: dict[str, tuple[str, str]] = headers._store  # noqa: SLF001  # what its every method works on
    return store


class _EncodedNames(dict[str, bytes]):
    """The names of headers as bytes; there are as many as our code has."""

    def __missing__(self, name: str) -> bytes:
        encoded = self[name] = name.encode("ascii")
        return encoded


_ENCODED_NAMES: Final = _EncodedNames()
