"""Answer one message over HTTP by the library's transport, without a session (contract, MCP)."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from petstore.interfaces.mcp.callers import Caller
from petstore.interfaces.mcp.contexts import CALLER_KEY
from petstore.interfaces.mcp.messages import LISTEN, is_single_message, refuse_message_shape
from petstore.interfaces.mcp.server import build_server
from petstore.interfaces.representation.json_text import JSON_MEDIA_TYPE

Headers = Sequence[tuple[bytes, bytes]]
BAD_REQUEST = 400
_CONNECTION_HEADERS: Final = frozenset((b"connection", b"content-length"))

logger = logging.getLogger(__name__)


class Answer:
    """The answer that the library sends: the head, and the parts of the body as they come.

    Attributes:
        status: of the response; 0 until the library has sent it.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.has_begun = asyncio.Event()
        self._parts: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._body = bytearray()
        self._is_stream = False

    async def send_part(self, message: Mapping[str, Any]) -> None:
        """Take a message of ASGI; a stream waits until its caller has read the part before."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in message["headers"]
                if name not in _CONNECTION_HEADERS
            }
            self._is_stream = self.headers.get("content-type", "").startswith("text/event-stream")
            self.has_begun.set()
        elif self._is_stream:
            await self._parts.put(message["body"])
        else:
            self._body += message["body"]

    async def take_part(self) -> bytes:
        """Wait for the next part of a stream."""
        return await self._parts.get()

    def has_parts(self) -> bool:
        """Return whether a part waits to be taken."""
        return not self._parts.empty()

    @property
    def is_stream(self) -> bool:
        """Return whether the body comes in parts."""
        return self._is_stream

    def build_whole_response(self) -> HttpResponse:
        """Build the response of a body that has come whole."""
        response = HttpResponse(bytes(self._body), status=self.status, headers=self.headers, content_type="")
        if "content-type" in self.headers:
            response["Content-Type"] = self.headers["content-type"]
        else:
            del response["Content-Type"]
        return response


class AnswerParts:
    """The parts of a stream while the library writes it; whoever closes it ends the writing, too."""

    def __init__(self, answer: Answer, writing: "asyncio.Task[None]") -> None:
        self._answer = answer
        self._writing = writing

    def __aiter__(self) -> "AnswerParts":
        return self

    async def __anext__(self) -> bytes:
        taking = asyncio.ensure_future(self._answer.take_part())
        try:
            await asyncio.wait((taking, self._writing), return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
        finally:
            taking.cancel()
        if self._answer.has_parts():
            return await self._answer.take_part()
        self._writing.result()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the writing and wait for its end."""
        await _end_task(self._writing)


async def answer_message(caller: Caller, headers: Headers, body: bytes, message: object) -> HttpResponseBase:
    """Return the library's response to one message.

    Args:
        headers: that the library reads.
        message: what the body says; None where it is no JSON.
    """
    if message is not None and not is_single_message(message):
        return _refuse_message_shape()
    answer = Answer()
    if not (isinstance(message, dict) and message.get("method") == LISTEN):
        await _write_answer(caller, headers, body, answer)
        return answer.build_whole_response()
    writing = asyncio.create_task(_write_answer(caller, headers, body, answer))
    began = asyncio.ensure_future(answer.has_begun.wait())
    try:
        await asyncio.wait((began, writing), return_when=asyncio.FIRST_COMPLETED)
        if answer.is_stream:
            return StreamingHttpResponse(AnswerParts(answer, writing), headers=answer.headers)
        await writing
        return answer.build_whole_response()
    except BaseException:
        await _end_task(writing)
        raise
    finally:
        began.cancel()


async def _write_answer(caller: Caller, headers: Headers, body: bytes, answer: Answer) -> None:
    """Let the library answer, by a manager of its own for each message: there is nothing to remember."""
    manager = StreamableHTTPSessionManager(_build_http_server(), json_response=True, stateless=True)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": settings.MCP_PATH,
        "query_string": b"",
        "headers": list(headers),
        CALLER_KEY: caller,
    }
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_part() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()  # whoever leaves ends this task
        raise AssertionError

    async with manager.run():
        await manager.handle_request(scope, receive_part, answer.send_part)


@cache
def _build_http_server() -> Server[Any]:
    return build_server()


async def _end_task(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _refuse_message_shape() -> HttpResponse:
    told = refuse_message_shape().model_dump(mode="json", by_alias=True, exclude_unset=True)
    return HttpResponse(json.dumps(told), status=BAD_REQUEST, content_type=JSON_MEDIA_TYPE)
