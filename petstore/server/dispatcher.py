"""Dispatch of requests: to the probes, to the request threads, or first to a reader of the body.

A request without a body goes from the server's thread straight to a thread of the pool, and its response straight
back: an event loop between would cost a third of what reading an order costs. The loop reads bodies and sends streams.
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
from petstore.server.asgi_handler import CLOSE_HEADER
from petstore.server.awaited_response import AwaitedResponse
from petstore.server.request_arrivals import Arrival, ArrivingBodies, Exchange, Message
from petstore.server.request_body import (
    BODY_SECONDS,
    Body,
    Disconnected,
    read_request_body,
    refuse_late_body,
    take_whole_body,
)
from petstore.server.request_head import ExpectedBody, Refused, read_request_head
from petstore.server.request_pool import Overloaded
from petstore.server.response_headers import Headers, encode_response_headers
from petstore.server.socket_frames import FramedSocket

JSON_HEADER = (b"Content-Type", b"application/json")
logger = logging.getLogger(__name__)


class RequestDispatcher:
    """The dispatcher of one web process.

    Attributes:
        is_draining: every response ends its connection, so that callers reconnect to another process.
    """

    def __init__(self, application: ASGIApplication, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._handler, self._probes = application.handler, application.probes
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrivals = ArrivingBodies(self._read_arrived_body, self._refuse_late_body)
        self.is_draining = False

    def start_serving(self) -> None:
        """Start the probes and the watch over late bodies, in the process that serves."""
        self._probes.start_threads()
        self._start_task_in_loop(self._arrivals.watch_deadlines())

    def dispatch_exchange(self, exchange: Exchange) -> None:
        """Dispatch a request in the server's thread; never blocks and never raises."""
        try:
            self._route_exchange(exchange)
        except (Refused, Overloaded) as error:
            self._send_response(exchange, self._handler.build_refused_response(error, exchange.scope))
        except Exception as error:
            logger.exception("A request could not be dispatched")
            exchange.err(error)

    def _route_exchange(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if scope["type"] != "http":
            self._schedule_in_loop(self._serve_web_socket(exchange))
            return
        expected = read_request_head(scope)
        if scope["path"] in self._probes.PATHS:
            self._probes.answer_probe(scope["method"], scope["path"], partial(self._send_probe_reply, exchange))
        elif expected.length == 0:
            self._submit_to_pool(exchange, Body(BytesIO(), 0))
        elif expected.is_too_large:
            self._schedule_in_loop(self._read_whole_body(exchange, expected))
        else:
            self._arrivals.expect_body(exchange, expected)

    def _schedule_in_loop(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._loop.call_soon_threadsafe(self._start_task_in_loop, coroutine)

    def _start_task_in_loop(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read_arrived_body(self, arrival: Arrival, first: Message) -> None:
        """Pass a body that arrived in one part straight to the pool, and leave others to the event loop."""
        body = take_whole_body(first, arrival.expected)
        try:
            if body is None:
                left = BODY_SECONDS - (time.monotonic() - arrival.began)
                self._schedule_in_loop(self._read_whole_body(arrival.exchange, arrival.expected, first, left))
            else:
                self._submit_to_pool(arrival.exchange, body)
        except Overloaded as error:
            self._send_response(arrival.exchange, self._handler.build_refused_response(error, arrival.exchange.scope))
        except Exception as error:
            logger.exception("A request could not be read")
            arrival.exchange.err(error)

    async def _read_whole_body(
        self, exchange: Exchange, expected: ExpectedBody, first: Message | None = None, seconds: float = BODY_SECONDS
    ) -> None:
        """Read the body in the event loop, then pass the request to the pool."""
        try:
            self._submit_to_pool(exchange, await read_request_body(exchange.proto.receive, expected, first, seconds))
        except Disconnected:
            malformed = Refused(400, "The body did not come whole.")
            self._send_response(exchange, self._handler.build_refused_response(malformed, exchange.scope))
        except (Refused, Overloaded) as error:
            self._send_response(exchange, self._handler.build_refused_response(error, exchange.scope))

    def _refuse_late_body(self, arrival: Arrival) -> None:
        self._send_response(
            arrival.exchange, self._handler.build_refused_response(refuse_late_body(), arrival.exchange.scope)
        )

    def _submit_to_pool(self, exchange: Exchange, body: Body) -> None:
        self._handler.pool.submit_job(partial(self._respond_in_pool, exchange, body))

    def _respond_in_pool(self, exchange: Exchange, body: Body) -> None:
        """Build and send the response in a thread of the pool."""
        try:
            response = self._handler.build_response(exchange.scope, body)
        except Exception as error:  # what Django's handler itself could not answer
            exchange.err(error)
            raise
        if isinstance(response, AwaitedResponse):
            self._schedule_in_loop(self._send_awaited(exchange, response))
        elif isinstance(response, StreamingHttpResponse):
            self._schedule_in_loop(self._stream_response(exchange, response))
        else:
            self._send_response(exchange, response)

    async def _stream_response(self, exchange: Exchange, response: StreamingHttpResponse) -> None:
        proto = exchange.proto
        try:
            await proto.send(self._build_response_start(response.status_code, encode_response_headers(response)))
            await self._handler.send_stream(response, proto.receive, proto.send)
        finally:
            exchange.done()

    async def _send_awaited(self, exchange: Exchange, response: AwaitedResponse) -> None:
        proto = exchange.proto

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start" and self.is_draining:
                message["headers"].append(CLOSE_HEADER)
            await proto.send(message)

        try:
            await self._handler.send_awaited(response, proto.receive, send)
        finally:
            exchange.done()

    def stop_awaited(self) -> None:
        """End the responses that are still being made or streamed. Called in the event loop."""
        self._handler.stop_awaited()

    def _send_response(self, exchange: Exchange, response: HttpResponseBase) -> None:
        content = response.content if isinstance(response, HttpResponse) else b""
        self._send_whole_response(exchange, response.status_code, encode_response_headers(response), content)

    def _send_probe_reply(self, exchange: Exchange, reply: ProbeReply) -> None:
        self._send_whole_response(
            exchange, reply.status, [JSON_HEADER, (b"Content-Length", b"%d" % len(reply.body))], reply.body
        )

    def _send_whole_response(self, exchange: Exchange, status: int, headers: Headers, content: bytes) -> None:
        exchange.proto.send(self._build_response_start(status, headers))
        exchange.proto.send({"type": "http.response.body", "body": content})
        exchange.done()

    def _build_response_start(self, status: int, headers: Headers) -> dict[str, Any]:
        if self.is_draining:
            headers.append(CLOSE_HEADER)
        return {"type": "http.response.start", "status": status, "headers": headers}

    async def _serve_web_socket(self, exchange: Exchange) -> None:
        """Pass a web socket to the ASGI application."""
        framed = FramedSocket(exchange)
        try:
            await self._application(exchange.scope, framed.receive, framed.send)
        except Exception:
            logger.exception("A web socket could not be served")
        finally:
            await framed.finish_exchange()
