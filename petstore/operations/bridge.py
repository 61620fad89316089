"""From ASGI to Django's synchronous stack in one hop: the whole request runs in one thread of a small pool.

Django's own ASGI handler hops once for the middleware, again for the view, and gives every request a thread
of its own, so that no database connection is ever used twice. Here the pool's threads keep theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.http.response import FileResponse
from django.urls import set_script_prefix

from petstore.reading import REPEATED_HEADER, readable, repeated_header

Scope = MutableMapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

THREADS = 2
MAX_BODY = 8 * 1024 * 1024
"""More than any route takes. What comes after it is not read, and the length says that it was too much."""


class Disconnected(Exception):
    """The caller left before the request was complete."""


class ThreadedHandler(ASGIHandler):
    """Serves HTTP scopes with Django's synchronous middleware and views."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the synchronous chain, whatever the base class asks for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
        except Disconnected:
            return
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._pool, self._respond, scope, body)
        await send({"type": "http.response.start", "status": response.status_code, "headers": _headers(response)})
        if isinstance(response, StreamingHttpResponse):
            await self._stream(response, receive, send)
        elif isinstance(response, HttpResponse):
            await send({"type": "http.response.body", "body": response.content})

    def _respond(self, scope: Scope, body: bytes) -> HttpResponseBase:
        """In a thread of the pool: the whole request, and the clean-up unless the answer is still to be read."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(readable(dict(scope)), BytesIO(body))
        if request is None or refusal is not None:
            return _closed(refusal or HttpResponseBadRequest())
        if len(body) > MAX_BODY or "CONTENT_LENGTH" not in request.META:
            request.META["CONTENT_LENGTH"] = str(len(body))
        repeated = repeated_header(scope["headers"])
        if repeated:
            request.META[REPEATED_HEADER] = repeated
        response: HttpResponseBase = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # noqa: SLF001  # close() reads it, as in Django's handlers
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response if response.streaming else _closed(response)

    async def _stream(self, response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
        """Send chunk by chunk until the end, or until the caller has left."""
        left = asyncio.create_task(_disconnected(receive))
        sending = asyncio.create_task(self._send_chunks(response, send))
        try:
            await asyncio.wait((left, sending), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (left, sending):
                task.cancel()
            await asyncio.gather(left, sending, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(self._pool, response.close)

    async def _send_chunks(self, response: StreamingHttpResponse, send: Send) -> None:
        if response.is_async:
            async for chunk in response:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        else:
            chunks = iter(response)
            loop = asyncio.get_running_loop()
            while chunk := await loop.run_in_executor(self._pool, _next, chunks):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _next(chunks: Iterator[bytes]) -> bytes:
    """The next chunk that is not empty; empty at the end."""
    return next((chunk for chunk in chunks if chunk), b"")


def _closed(response: HttpResponseBase) -> HttpResponseBase:
    response.close()
    return response


def _headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [
        (b"Set-Cookie", morsel.output(header="").strip().encode("ascii")) for morsel in response.cookies.values()
    ]
    return headers + cookies
