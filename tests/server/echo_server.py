"""An ASGI application that says which path it was asked for."""

from typing import Any


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer each request with its path."""
    if scope["type"] != "http":
        return
    body = scope["path"].encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
