"""Django's synchronous stack behind ASGI: a whole request runs in one thread of a small pool.

Django's own ASGI handler changes threads for the middleware and again for the view, and gives every request a new
thread, so that no database connection is used twice. Here the pool's threads keep theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextvars import Context
from functools import partial
from typing import Any, Protocol

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.http.response import FileResponse
from django.urls import ResolverMatch
from django.utils.log import log_response

from petstore.server.awaited_response import CLIENT_LEFT, AwaitedResponse, ServerStopping, close_chunks
from petstore.server.request_body import Body, Disconnected, read_request_body
from petstore.server.request_boundaries import RequestBoundaries
from petstore.server.request_head import Refused, read_request_head
from petstore.server.request_limits import REPEATED_HEADER, find_repeated_header, make_scope_readable
from petstore.server.request_pool import Overloaded, RequestPool
from petstore.server.response_headers import Headers, encode_response_headers
from petstore.server.route_memory import RouteMemory

Scope = MutableMapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BuildRefusedResponse(Protocol):
    """Builds the response of a request that is refused by the server itself."""

    def __call__(self, error: Refused | Overloaded, path: str, request_id: str = "") -> HttpResponse: ...


CLOSE_HEADER = (b"Connection", b"close")
_FIRST_ERROR = 400


class ThreadedHandler(ASGIHandler):
    """Serve HTTP with Django's synchronous middleware and views."""

    def __init__(self, build_refused_response: BuildRefusedResponse) -> None:
        super().__init__()
        self._build_refused_response = build_refused_response
        self.pool = RequestPool()
        self._boundaries, self._routes = RequestBoundaries(self.__class__), RouteMemory()
        self._awaited: set[AwaitedResponse] = set()

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the synchronous chain, whatever the base class asks for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under any ASGI server; `serve` goes a shorter way (`petstore.server.dispatcher`)."""
        response, headers = await self._build_response_in_pool(scope, receive)
        if response is None:
            return
        if isinstance(response, AwaitedResponse):
            await self.send_awaited(response, receive, send)
            return
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if isinstance(response, StreamingHttpResponse):
            await self.send_stream(response, receive, send)
        elif isinstance(response, HttpResponse):
            await send({"type": "http.response.body", "body": response.content})

    async def _build_response_in_pool(self, scope: Scope, receive: Receive) -> tuple[HttpResponseBase | None, Headers]:
        try:
            body = await read_request_body(receive, read_request_head(scope))
            response = await self.pool.run_job(partial(self.build_response, scope, body), is_new=True)
        except Disconnected:
            return None, []
        except (Refused, Overloaded) as error:
            response = self.build_refused_response(error, scope)
        return response, encode_response_headers(response)

    def build_refused_response(self, error: Refused | Overloaded, scope: Scope) -> HttpResponse:
        """Build the response of a request that Django never sees."""
        return self._build_refused_response(error, scope["path"])

    def build_response(self, scope: Scope, body: Body) -> HttpResponseBase:
        """Run the whole request in this thread of the pool, and clean up unless the response is a stream."""
        self._boundaries.begin_request(scope)
        request, refused = self.create_request(make_scope_readable(dict(scope)), body.file)
        if request is None or refused is not None:
            refusal = refused or HttpResponseBadRequest()
            refusal.close()
            return refusal
        request.META["CONTENT_LENGTH"] = str(body.length)
        repeated = find_repeated_header(scope["headers"])
        if repeated:
            request.META[REPEATED_HEADER] = repeated
        with body.file:
            response: HttpResponseBase = self.get_response(request)
        if isinstance(response, AwaitedResponse):
            response.request = request
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if response.streaming:
            self._boundaries.leave_open(request, response)
        else:
            self._boundaries.finish_request(request, response)
        return response

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Run the middleware and the view; without setting a URLconf, for the one of the settings is what there is."""
        response: HttpResponseBase = self._middleware_chain(request)  # type: ignore[attr-defined]  # made by load_middleware
        if response.status_code >= _FIRST_ERROR:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)  # type: ignore[arg-type]  # streams may fail, too
        return response

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Find the view as Django does, or remember where it was found for other ids."""
        match = None if "urlconf" in vars(request) else self._routes.find_match(request.path_info)
        if match is None:
            match = super().resolve_request(request)
            self._routes.remember_match(request.path_info, match)
        request.resolver_match = match
        return match

    async def send_awaited(self, awaited: AwaitedResponse, receive: Receive, send: Send) -> None:
        """Make the final response and send it, until its end or until the caller disconnects."""
        self._awaited.add(awaited)
        try:
            await _run_until_disconnect(self._make_and_send(awaited, send), receive, awaited.request_context)
        finally:
            self._awaited.discard(awaited)
            final = awaited.final or awaited.finish_response(HttpResponse(status=CLIENT_LEFT, content_type=""))
            await close_chunks(final)
            await self.pool.run_job(partial(awaited.close_final, final))

    def stop_awaited(self) -> None:
        """End the responses that are still being made or streamed, because the server stops."""
        for awaited in self._awaited:
            awaited.stop_making()

    async def _make_and_send(self, awaited: AwaitedResponse, send: Send) -> None:
        try:
            final = await awaited.make_final()
        except ServerStopping:
            stopping = Refused(503, "The server is about to stop; ask again.", [("Retry-After", "1")])
            refusal = self._build_refused_response(
                stopping, awaited.request.path, awaited.headers.get("X-Request-ID", "")
            )
            final = awaited.finish_response(refusal)
        headers = encode_response_headers(final)
        await send({"type": "http.response.start", "status": final.status_code, "headers": headers})
        if isinstance(final, StreamingHttpResponse):
            await self._send_chunks(final, send)
        elif isinstance(final, HttpResponse):
            await send({"type": "http.response.body", "body": final.content})

    async def send_stream(self, response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
        """Send a streaming response chunk by chunk until its end, or until the caller disconnects."""
        try:
            await _run_until_disconnect(self._send_chunks(response, send), receive)
        finally:
            await self._close_in_pool(response)

    async def _close_in_pool(self, response: HttpResponseBase) -> None:
        await close_chunks(response)
        await self.pool.run_job(response.close)

    async def _send_chunks(self, response: StreamingHttpResponse, send: Send) -> None:
        if response.is_async:
            async for chunk in response:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        else:
            chunks = iter(response)
            while chunk := await self.pool.run_job(partial(_take_next_chunk, chunks)):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _run_until_disconnect(
    sending: Coroutine[Any, Any, None], receive: Receive, context: Context | None = None
) -> None:
    """Run what sends a response until its end; cancel it when the caller disconnects."""
    left = asyncio.create_task(_wait_for_disconnect(receive))
    sent = asyncio.create_task(sending, context=context)
    try:
        await asyncio.wait((left, sent), return_when=asyncio.FIRST_COMPLETED)
        if sent.done():
            sent.result()
    finally:
        for task in (left, sent):
            task.cancel()
        await asyncio.gather(left, sent, return_exceptions=True)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _take_next_chunk(chunks: Iterator[bytes]) -> bytes:
    """Return the next chunk that is not empty; at the end an empty one."""
    return next((chunk for chunk in chunks if chunk), b"")
