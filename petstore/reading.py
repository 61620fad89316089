"""What a server may hand to Django: bodies of bounded size, and a query string that can be decoded.

Django's ASGI handler stores a body to its end before anybody may refuse it, and answers bytes that are no
UTF-8 in a query string before any of our code runs.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.utils.http import parse_header_parameters

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UNREADABLE_TYPE = b"application/octet-stream"
"""What a Content-Type that Django cannot read is taken for: nobody accepts it, and the answer is 415."""

MAX_BODY = 1024 * 1024
MAX_UPLOAD = 6 * 1024 * 1024


def bounded(application: Application) -> Application:
    """The application behind the bounds; what is no HTTP request passes untouched."""

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "query_string": _ascii(scope.get("query_string", b""))}
            receive = _bounded(receive)
        await application(scope, receive, send)

    return reading


def readable(scope: Scope) -> Scope:
    """The scope, so that Django can make a request of it: its constructor raises at bytes that are no UTF-8 in the
    query string, and at some spellings of Content-Type."""
    query = scope.get("query_string", b"")
    if not query.isascii():
        scope = {**scope, "query_string": _ascii(query)}
    if any(name == b"content-type" and not is_readable_type(value.decode("latin-1")) for name, value in scope["headers"]):
        headers = [(name, UNREADABLE_TYPE if name == b"content-type" else value) for name, value in scope["headers"]]
        scope = {**scope, "headers": headers}
    return scope


def is_readable_type(content_type: str) -> bool:
    """Whether Django can read this Content-Type at all."""
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True


def _bounded(receive: Receive) -> Receive:
    """One byte more than may be: enough to see that it is too much. The rest is read and dropped."""
    left, is_over = MAX_UPLOAD + 1, False

    async def receive_some() -> Message:
        nonlocal left, is_over
        message = await receive()
        while is_over and message["type"] == "http.request":
            message = await receive()
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")[:left]
        left -= len(body)
        is_over = left == 0 or not message.get("more_body", False)
        return {**message, "body": body, "more_body": not is_over}

    return receive_some


def _ascii(query: bytes) -> bytes:
    return query if query.isascii() else b"".join(b"%%%02X" % byte if byte > 0x7F else bytes((byte,)) for byte in query)  # noqa: PLR2004  # the last of ASCII
