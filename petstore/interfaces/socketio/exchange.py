"""Answers to the requests of sessions, in this process or in the one that a session's id names."""

import asyncio
from functools import partial
from typing import Final, NamedTuple

from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.socketio.engine import EngineRefusal, refuse_request
from petstore.interfaces.socketio.hub import SessionHub, read_process_name
from petstore.interfaces.socketio.process import host_process
from petstore.interfaces.socketio.relays import (
    KIND,
    LinkedSocket,
    Question,
    Reply,
    ask_sibling_process,
    receive_question,
    relay_socket_texts,
    send_reply,
    send_reply_when_ready,
)
from petstore.server.request_pool import RequestPool
from petstore.server.sibling_links import SiblingLink, SiblingListener
from petstore.server.web_sockets import WebSocket

PACKETS: Final = "text/plain; charset=UTF-8"
REFUSAL: Final = "application/json"
"""The media types of the protocol."""
VERSION: Final = "4"


class SessionRequest(NamedTuple):
    """A request of a session, as far as it matters; the handshake of a socket is one, too.

    Attributes:
        session_id: None for a new session.
        payload: of a POST.
    """

    transport: str | None
    version: str | None
    session_id: str | None
    method: str = "GET"
    payload: bytes = b""

    def require_transport(self, transport: str) -> None:
        """Raise EngineRefusal where a request is for another transport, or of another version of the protocol."""
        if self.transport != transport:
            raise EngineRefusal(0, "Transport unknown")
        if self.version != VERSION:
            raise EngineRefusal(5, "Unsupported protocol version")

    @property
    def process_name(self) -> str | None:
        """Return the name of the other process that the session is of; None where it is of this one."""
        return None if self.session_id is None else read_process_name(self.session_id)


class _OfLoop:
    """The sessions of the process, and what lets the others reach them; made in the event loop of the first one."""

    loop: asyncio.AbstractEventLoop | None = None
    hub: SessionHub
    listener: SiblingListener


async def open_session_hub(pool: RequestPool) -> SessionHub:
    """Return the sessions of this process, which the other processes can reach from now on."""
    loop = asyncio.get_running_loop()
    if _OfLoop.loop is not loop:
        _OfLoop.loop, _OfLoop.hub = loop, SessionHub(pool)
        host_process.sessions = _OfLoop.hub
        _OfLoop.listener = SiblingListener(KIND, partial(_serve_sibling, _OfLoop.hub))
    await _OfLoop.listener.start_listening()
    return _OfLoop.hub


async def close_session_hub() -> None:
    """End the sessions of this process, and listen to the others no more; for tests, whose loops end before it."""
    if _OfLoop.loop is not None:
        _OfLoop.hub.end_all_sessions()
        await _OfLoop.listener.stop_listening()
        _OfLoop.loop = host_process.sessions = None


async def answer_polling(request: SessionRequest, caller: SocketCaller, pool: RequestPool) -> Reply:
    """Answer one request of a session that polls; a session begins with the first.

    Args:
        caller: without a token, which comes with the handshake of Socket.IO.

    Raises:
        StreamLimitReached, TooManyStreams
    """
    try:
        request.require_transport("polling")
        if request.session_id is None:
            return await _begin_polling(request, caller, pool)
        question = _read_question(request, request.session_id)
        name = request.process_name
        if name is not None:
            return await ask_sibling_process(name, question)
        return await _answer_question(await open_session_hub(pool), question)
    except EngineRefusal as refusal:
        return build_refusal_reply(refusal)


async def serve_session_socket(socket: WebSocket, request: SessionRequest, caller: SocketCaller) -> None:
    """Serve a socket to its end: of a new session, or of one that polls until now.

    Raises:
        EngineRefusal, StreamLimitReached, TooManyStreams: it is not accepted.
    """
    request.require_transport("websocket")
    name = request.process_name
    if name is not None:
        await relay_socket_texts(name, request.session_id or "", socket)
        return
    hub = await open_session_hub(socket.pool)
    if request.session_id is not None:
        await _upgrade_session(hub, request.session_id, socket)
        return
    session = hub.open_new_session(caller)
    await socket.accept_handshake()
    session.greet_client(can_upgrade=False)
    await session.serve_whole_link(socket)


def build_refusal_reply(refusal: EngineRefusal) -> Reply:
    """Return the answer to a request that does not fit the protocol."""
    return Reply(400, REFUSAL, refusal.render_body())


async def _begin_polling(request: SessionRequest, caller: SocketCaller, pool: RequestPool) -> Reply:
    if request.method != "GET":
        raise EngineRefusal(2, "Bad handshake method")
    session = (await open_session_hub(pool)).open_new_session(caller)
    session.greet_client(can_upgrade=True)
    return _reply_with_packets(await session.answer_poll())


def _read_question(request: SessionRequest, session_id: str) -> Question:
    if request.method == "GET":
        return Question("poll", session_id)
    try:
        return Question("post", session_id, request.payload.decode())
    except UnicodeDecodeError:
        raise refuse_request() from None


async def _answer_question(hub: SessionHub, question: Question) -> Reply:
    session = hub.require_open_session(question.session_id)
    if question.kind == "poll":
        return _reply_with_packets(await session.answer_poll())
    await session.take_payload(question.payload)
    return _reply_with_packets("ok")


async def _upgrade_session(hub: SessionHub, session_id: str, link: WebSocket | LinkedSocket) -> None:
    session = hub.require_open_session(session_id)
    session.require_upgrade_possible()
    await link.accept_handshake()
    await session.serve_upgrading_link(link)


async def _serve_sibling(hub: SessionHub, link: SiblingLink) -> None:
    """Serve a request that has come to another process."""
    question = await receive_question(link)
    if question.kind != "socket":
        await send_reply_when_ready(link, _answer_or_refuse(hub, question))
        return
    try:
        await _upgrade_session(hub, question.session_id, LinkedSocket(link))
    except EngineRefusal as refusal:
        await send_reply(link, build_refusal_reply(refusal))


async def _answer_or_refuse(hub: SessionHub, question: Question) -> Reply:
    try:
        return await _answer_question(hub, question)
    except EngineRefusal as refusal:
        return build_refusal_reply(refusal)


def _reply_with_packets(payload: str) -> Reply:
    return Reply(200, PACKETS, payload.encode())
