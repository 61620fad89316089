"""The server on stdin and stdout, for the program that started this process (contract, MCP)."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import IO, Any, Final, cast

import anyio
from django.conf import settings
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from rest_framework.exceptions import ParseError

from kernel import ids
from kernel.access import access_of
from kernel.caller import Credentials, Peer
from petstore.interfaces.calls import enter_tenant
from petstore.interfaces.http.problems import Problem, build_problem_body
from petstore.interfaces.mcp.admission import greet_caller
from petstore.interfaces.mcp.callers import StdioCaller, run_in_pool
from petstore.interfaces.mcp.messages import LISTEN, find_request_id, is_single_message, refuse_message_shape
from petstore.interfaces.mcp.refusals import INSTANCE
from petstore.interfaces.mcp.server import build_server
from petstore.interfaces.representation.json_text import NotJSON, parse_strict_json
from petstore.server.request_limits import MAX_MESSAGE
from petstore.server.request_pool import RequestPool

LOOPBACK: Final = "127.0.0.1"
USUAL_SITE: Final = "http://127.0.0.1:8000"
"""Where `serve` listens unless told otherwise."""
BAD_REQUEST, TOO_LARGE = 400, 413
LAST_SECONDS = 30.0
"""The time in which requests are still answered after the end of the input."""


class StdioSession:
    """The one conversation of this process.

    Args:
        token: a bearer token; None for none.
        tenant: a tenant's id; None for the shared pool.
    """

    def __init__(self, token: str | None, tenant: str | None) -> None:
        self._token = token
        self._tenant = tenant
        self.pool = RequestPool()

    def start_call(self) -> StdioCaller:
        """Make the caller of one message, whose token is read anew."""
        return StdioCaller(
            credentials=Credentials(self._token),
            tenant_header=self._tenant,
            peer=Peer(LOOPBACK, ids.new_id_text()),
            site=settings.LINKS_TO or USUAL_SITE,
            run_job=run_in_pool(self.pool),
        )

    def require_entry(self) -> None:
        """Look at token and tenant before the conversation; raises what `enter_tenant` raises."""
        caller = self.start_call()
        with enter_tenant(caller.credentials, access_of(greet_caller), caller.tenant_header, caller.peer):
            pass

    async def serve_messages(self) -> None:
        """Answer messages until the end of input."""

        @asynccontextmanager
        async def hand_out_callers(_server: Server[Any]) -> AsyncIterator[Any]:
            yield self.start_call

        server, lines = build_server(hand_out_callers), StrictLines(sys.stdin.buffer)
        async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as (messages, answers):
            lines.answers = CountedAnswers(answers)
            await server.run(messages, lines.answers, server.create_initialization_options())


class CountedAnswers:
    """The answers, which tell when the last request has one: who ends the input still wants its answers."""

    def __init__(self, stream: WriteStream[SessionMessage]) -> None:
        self._stream = stream
        self._unanswered: set[str | int] = set()
        self._is_quiet = anyio.Event()

    def expect_answer(self, message: object) -> None:
        """Remember a request that is to be answered, unless its answer is a stream."""
        request_id = find_request_id(message)
        if request_id is not None and isinstance(message, dict) and message.get("method") not in (None, LISTEN):
            self._unanswered.add(request_id)

    async def wait_for_last(self) -> None:
        """Wait until every request has its answer, for a while."""
        with anyio.move_on_after(LAST_SECONDS):
            while self._unanswered:
                self._is_quiet = anyio.Event()
                await self._is_quiet.wait()

    async def send(self, item: SessionMessage, /) -> None:
        await self._stream.send(item)
        answered = getattr(item.message, "id", None)
        if answered in self._unanswered:
            self._unanswered.discard(answered)
            self._is_quiet.set()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> "CountedAnswers":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class StrictLines:
    """The lines of an input, as far as they are single messages in strict JSON; others are answered at once.

    Attributes:
        answers: where refusals go.
    """

    answers: CountedAnswers

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[str]:
        while line := await self._read_line(MAX_MESSAGE + 1):
            if len(line) > MAX_MESSAGE and not line.endswith(b"\n"):
                await self._skip_line()
                await self._refuse(_refuse_problem(Problem.of_status(TOO_LARGE), None))
            elif line.strip():
                message, refusal = read_line_message(line)
                if refusal is None:
                    self.answers.expect_answer(message)
                    yield line.decode()
                else:
                    await self._refuse(refusal)
        await self.answers.wait_for_last()

    async def _read_line(self, most: int) -> bytes:
        """Read a line, or the first part of a long one; nothing at the end of the input."""
        return await anyio.to_thread.run_sync(self._stream.readline, most, abandon_on_cancel=True)

    async def _skip_line(self) -> None:
        while (part := await self._read_line(MAX_MESSAGE)) and not part.endswith(b"\n"):
            pass

    async def _refuse(self, refusal: JSONRPCError) -> None:
        await self.answers.send(SessionMessage(refusal))


def read_line_message(line: bytes) -> tuple[object, JSONRPCError | None]:
    """Return what a line says, and the answer to it where it is no single message in strict JSON."""
    try:
        message = parse_strict_json(line)
    except NotJSON:
        return None, JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message="Parse error"))
    except ParseError as error:
        return None, _refuse_problem(Problem.of_status(BAD_REQUEST, str(error.detail)), _guess_request_id(line))
    return message, None if is_single_message(message) else refuse_message_shape()


def _refuse_problem(problem: Problem, request_id: str | int | None) -> JSONRPCError:
    told = ErrorData(code=INVALID_REQUEST, message=problem.title, data=build_problem_body(problem, INSTANCE))
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=told)


def _guess_request_id(line: bytes) -> str | int | None:
    """Return the id of a message that is JSON, but not strictly so: who waits for its answer gets one."""
    try:
        return find_request_id(json.loads(line.decode()))
    except (ValueError, RecursionError):
        return None


def serve_stdio(token: str | None, tenant: str | None) -> None:
    """Serve the program at the other end of stdin and stdout, until it closes the input or Ctrl-C comes.

    Raises:
        What `enter_tenant` raises, before the first message: the token or the tenant is no good.
    """
    session = StdioSession(token, tenant)
    session.require_entry()
    with suppress(KeyboardInterrupt):
        anyio.run(session.serve_messages)
    session.pool.end_threads()
