"""Where each request goes that the server has read: to the probes, to a thread, or first to a reader of its body.

A request without a body goes from the server's thread straight to a thread of the pool, and its answer straight back:
an event loop between would cost a third of what reading an order costs. The loop reads bodies and feeds streams.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from functools import partial
from io import BytesIO
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from petstore.server.asgi_application import ASGIApplication, ProbeReply
from petstore.server.asgi_handler import CLOSE, Headers, headers_of
from petstore.server.request_arrivals import Arrival, Arrivals, Exchange, Message
from petstore.server.request_body import BODY_SECONDS, Body, Disconnected, read_body, too_slow, whole
from petstore.server.request_head import Expected, Refused, read_head
from petstore.server.request_pool import Overloaded

JSON = (b"Content-Type", b"application/json")
logger = logging.getLogger(__name__)


class Dispatcher:
    """Of one process.

    Attributes:
        is_draining: every answer ends its connection, so that callers come back to another process.
    """

    def __init__(self, application: ASGIApplication, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._handler, self._probes = application.handler, application.probes
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrivals = Arrivals(self._go_on_reading, self._give_up)
        self.is_draining = False

    def start(self) -> None:
        """In the process that serves."""
        self._probes.start()
        self._start_task(self._arrivals.watch())

    def dispatch(self, exchange: Exchange) -> None:
        """In the server's one thread for all requests: never blocks and never raises."""
        try:
            self._dispatch(exchange)
        except (Refused, Overloaded) as error:
            self._send(exchange, self._handler.refuse_request(error, exchange.scope))
        except Exception as error:
            logger.exception("A request could not be dispatched")
            exchange.err(error)

    def _dispatch(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if scope["type"] != "http":
            self._begin(self._serve_socket(exchange))
            return
        expected = read_head(scope)
        if scope["path"] in self._probes.PATHS:
            self._probes.answer(scope["method"], scope["path"], partial(self._reply, exchange))
        elif expected.length == 0:
            self._submit(exchange, Body(BytesIO(), 0))
        elif expected.is_too_large:
            self._begin(self._read(exchange, expected))
        else:
            self._arrivals.expect(exchange, expected)

    def _begin(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._loop.call_soon_threadsafe(self._start_task, coroutine)

    def _start_task(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _go_on_reading(self, arrival: Arrival, first: Message) -> None:
        """In the server's thread: a body that came at once goes straight to a thread of the pool."""
        body = whole(first, arrival.expected)
        try:
            if body is None:
                left = BODY_SECONDS - (time.monotonic() - arrival.began)
                self._begin(self._read(arrival.exchange, arrival.expected, first, left))
            else:
                self._submit(arrival.exchange, body)
        except Overloaded as error:
            self._send(arrival.exchange, self._handler.refuse_request(error, arrival.exchange.scope))
        except Exception as error:
            logger.exception("A request could not be read")
            arrival.exchange.err(error)

    async def _read(
        self, exchange: Exchange, expected: Expected, first: Message | None = None, seconds: float = BODY_SECONDS
    ) -> None:
        """In the event loop: the body, then on to a thread."""
        try:
            self._submit(exchange, await read_body(exchange.proto.receive, expected, first, seconds))
        except Disconnected:
            malformed = Refused(400, "The body did not come whole.")
            self._send(exchange, self._handler.refuse_request(malformed, exchange.scope))
        except (Refused, Overloaded) as error:
            self._send(exchange, self._handler.refuse_request(error, exchange.scope))

    def _give_up(self, arrival: Arrival) -> None:
        self._send(arrival.exchange, self._handler.refuse_request(too_slow(), arrival.exchange.scope))

    def _submit(self, exchange: Exchange, body: Body) -> None:
        self._handler.pool.submit(partial(self._respond, exchange, body))

    def _respond(self, exchange: Exchange, body: Body) -> None:
        """In a thread of the pool."""
        try:
            response = self._handler.respond(exchange.scope, body)
        except Exception as error:  # what Django's handler itself could not answer
            exchange.err(error)
            raise
        if isinstance(response, StreamingHttpResponse):
            self._begin(self._stream(exchange, response))
        else:
            self._send(exchange, response)

    async def _stream(self, exchange: Exchange, response: StreamingHttpResponse) -> None:
        proto = exchange.proto
        try:
            await proto.send(self._start(response.status_code, headers_of(response)))
            await self._handler.stream(response, proto.receive, proto.send)
        finally:
            exchange.done()

    def _send(self, exchange: Exchange, response: HttpResponseBase) -> None:
        content = response.content if isinstance(response, HttpResponse) else b""
        self._send_whole(exchange, response.status_code, headers_of(response), content)

    def _reply(self, exchange: Exchange, reply: ProbeReply) -> None:
        self._send_whole(exchange, reply.status, [JSON, (b"Content-Length", b"%d" % len(reply.body))], reply.body)

    def _send_whole(self, exchange: Exchange, status: int, headers: Headers, content: bytes) -> None:
        exchange.proto.send(self._start(status, headers))
        exchange.proto.send({"type": "http.response.body", "body": content})
        exchange.done()

    def _start(self, status: int, headers: Headers) -> dict[str, Any]:
        if self.is_draining:
            headers.append(CLOSE)
        return {"type": "http.response.start", "status": status, "headers": headers}

    async def _serve_socket(self, exchange: Exchange) -> None:
        """A WebSocket: the ASGI application's."""
        try:
            await self._application(exchange.scope, exchange.proto.receive, exchange.proto.send)
        except Exception as error:  # noqa: BLE001  # the server tells it and closes the socket
            exchange.err(error)
        else:
            exchange.done()
