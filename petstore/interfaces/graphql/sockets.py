"""Serve `graphql-transport-ws`: operations over a web socket (contract, GraphQL).

The protocol: github.com/enisdenjo/graphql-ws, PROTOCOL.md. The event loop reads messages and sends results; each
operation is a task of its own, which does its work in request threads.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Final

from kernel.errors import DomainError, Kind
from petstore.interfaces.entry.socket_handshakes import Handshake, read_handshake
from petstore.interfaces.graphql.errors import OperationRefused
from petstore.interfaces.graphql.order_steps import ComeAgain
from petstore.interfaces.graphql.socket_calls import (
    ConflictingCaller,
    check_caller_entry,
    identify_subscriber,
    name_operation,
    start_operation,
)
from petstore.interfaces.graphql.socket_messages import (
    ClientMessage,
    Complete,
    ConnectionInit,
    Malformed,
    Ping,
    Subscribe,
    read_client_message,
)
from petstore.interfaces.graphql.subscriptions import Subscriber, Subscription
from petstore.interfaces.http.problems import DATABASE_AWAY
from petstore.interfaces.live.streams import StreamLimitReached
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.server.web_sockets import RESTARTING, TRY_AGAIN_LATER, SocketClosed, WebSocket, open_sockets

SUBPROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 10.0
MAX_OPERATIONS: Final = 100
"""Open at a time on one socket."""
MAX_RUNNING: Final = 8
"""Of these, in the request threads at a time: one socket leaves room for other callers."""

MALFORMED: Final = 4400
NOT_ACKNOWLEDGED: Final = 4401
NOT_LET_IN: Final = 4403
NO_SUCH_SUBPROTOCOL: Final = 4406
INIT_TOO_LATE: Final = 4408
ID_TWICE: Final = 4409
INIT_TWICE: Final = 4429


class ProtocolBroken(Exception):
    """The client broke the protocol, and the socket closes.

    Attributes:
        code: of the close frame.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


async def serve_socket(socket: WebSocket) -> None:
    """Serve one web socket to its end; raises Refused for a handshake that no request may have."""
    handshake = read_handshake(socket.scope)
    is_ours = SUBPROTOCOL in socket.scope["subprotocols"]
    await socket.accept_handshake(SUBPROTOCOL if is_ours else None)
    with open_sockets.keep_socket(socket, handshake.peer.network) as refusal:
        if not is_ours:
            await socket.close(NO_SUCH_SUBPROTOCOL, f"The subprotocol has to be {SUBPROTOCOL}.")
        elif refusal is not None:
            await socket.close(refusal, "Too many sockets are open, or the server stops; come again.")
        else:
            await SocketSession(socket, handshake).serve_messages()


class SocketSession:
    """The state of one socket: who calls, and the operations that are open."""

    def __init__(self, socket: WebSocket, handshake: Handshake) -> None:
        self._socket, self._handshake = socket, handshake
        self._init: asyncio.Task[None] | None = None
        self._subscriber: Subscriber | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = asyncio.Semaphore(MAX_RUNNING)

    async def serve_messages(self) -> None:
        """Answer messages until either end closes the socket; then nothing of it goes on."""
        deadline = asyncio.get_running_loop().time() + INIT_SECONDS
        try:
            while True:
                await self._answer_message(_read_message(await self._receive_text(deadline)))
        except ProtocolBroken as broken:
            await self._socket.close(broken.code, broken.reason)
        except SocketClosed:
            pass
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive_text(self, deadline: float) -> str:
        """Return the next text, the first of which has to come in time."""
        try:
            async with asyncio.timeout_at(deadline if self._init is None else None):
                return await self._socket.receive_text()
        except TimeoutError:
            raise ProtocolBroken(INIT_TOO_LATE, "There was no connection_init in time.") from None

    async def _answer_message(self, message: ClientMessage) -> None:
        match message:
            case ConnectionInit():
                self._identify_caller_once(message)
            case Ping():
                await self._send_message("pong", payload=message.payload)
            case Subscribe():
                await self._start_operation(message)
            case Complete():
                self._stop_operation(message.id)
            case _:  # a pong is a sign of life, and no more
                pass

    def _identify_caller_once(self, message: ConnectionInit) -> None:
        if self._init is not None:
            raise ProtocolBroken(INIT_TWICE, "There was a connection_init before.")
        try:
            subscriber = identify_subscriber(self._handshake, message)
        except ConflictingCaller as error:
            raise ProtocolBroken(MALFORMED, str(error)) from error
        self._init = self._start_task(self._let_caller_in(subscriber))

    async def _let_caller_in(self, subscriber: Subscriber) -> None:
        """Let the caller in, or close the socket."""
        with suppress(SocketClosed):
            try:
                await subscriber.run_job(self._socket.pool, partial(check_caller_entry, subscriber))
            except DATABASE_AWAY:
                await self._socket.close(TRY_AGAIN_LATER, "The service cannot work at the moment; come again.")
            except DomainError as error:
                code = TRY_AGAIN_LATER if error.kind is Kind.UNAVAILABLE else NOT_LET_IN
                await self._socket.close(code, error.detail)
            else:
                self._subscriber = subscriber
                await self._send_message("connection_ack")

    async def _start_operation(self, message: Subscribe) -> None:
        if self._subscriber is None:
            raise ProtocolBroken(NOT_ACKNOWLEDGED, "Operations begin after the acknowledgement.")
        if message.id in self._operations:
            raise ProtocolBroken(ID_TWICE, "An open operation has this id.")
        subscriber = name_operation(self._subscriber)
        if len(self._operations) >= MAX_OPERATIONS:
            await self._send_message("error", message.id, [subscriber.describe_refusal(StreamLimitReached())])
        else:
            self._operations[message.id] = self._start_task(self._run_operation(message, subscriber))

    def _stop_operation(self, operation_id: str) -> None:
        """Stop an operation; one that has ended meanwhile is none."""
        task = self._operations.pop(operation_id, None)
        if task is not None:
            task.cancel()

    def _start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run_operation(self, message: Subscribe, subscriber: Subscriber) -> None:
        """Run an operation and send its results; its id is free again before its end is told."""
        with suppress(SocketClosed):
            try:
                await self._send_results(message, subscriber)
            except ComeAgain:
                await self._socket.close(RESTARTING, "Come again.")
            except OperationRefused as refused:
                await self._end_operation("error", message.id, refused.errors)
            except SocketClosed:
                raise
            except Exception as error:  # noqa: BLE001  # as Django does around a view: it is logged, and told as a defect
                await self._end_operation("error", message.id, [subscriber.describe_refusal(error)])
            else:
                await self._end_operation("complete", message.id)

    async def _send_results(self, message: Subscribe, subscriber: Subscriber) -> None:
        pool = self._socket.pool
        async with self._running:
            begun = await subscriber.run_job(pool, partial(start_operation, subscriber, message.payload))
        if not isinstance(begun, Subscription):
            await self._send_message("next", message.id, begun)
            return
        with begun.steps.open_watch():
            async with aclosing(begun.follow_steps(pool)) as results:
                async for result in results:
                    if result is not None:
                        await self._send_message("next", message.id, result)

    async def _end_operation(self, kind: str, operation_id: str, payload: Any = None) -> None:
        self._operations.pop(operation_id, None)
        await self._send_message(kind, operation_id, payload)

    async def _send_message(self, kind: str, operation_id: str | None = None, payload: Any = None) -> None:
        message = {"id": operation_id, "type": kind, "payload": payload}
        given = {name: value for name, value in message.items() if value is not None}
        await self._socket.send_text(render_json_bytes(given).decode())


def _read_message(text: str) -> ClientMessage:
    try:
        return read_client_message(text)
    except Malformed as error:
        raise ProtocolBroken(MALFORMED, str(error)) from error
