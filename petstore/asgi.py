"""The ASGI application: HTTP goes to Django in one hop; sockets that nobody serves are closed."""

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
django.setup(set_prefix=False)

from petstore.server.asgi_handler import ThreadedHandler  # noqa: E402
from petstore.server.checks import refuse_unsafe_start  # noqa: E402  # Django has to be set up first

refuse_unsafe_start()

Scope = MutableMapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_SUCH_SOCKET = 4404

http = ThreadedHandler()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})


async def _live(receive: Receive, send: Send) -> None:
    """Nothing to open or close by hand yet: say so, and the server knows that we understood."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
