"""Requests of sessions of other processes: passed on to the process that a session's id names, and back.

A link begins with a JSON object that says what is asked: a poll, a post, whose payload follows, or a socket. The answer
is a JSON object with a status, and the body; to a socket that is let in, texts follow in both directions.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, Final, NamedTuple

import orjson

from petstore.interfaces.socketio.engine import EngineRefusal
from petstore.server.sibling_links import SiblingGone, SiblingLink, open_sibling_link
from petstore.server.web_sockets import RESTARTING, SocketClosed, WebSocket

KIND: Final = "socketio"
"""Of the links between the processes."""
POLL_SECONDS: Final = 35.0
"""More than the 25 s in which a session answers each poll, if only with a ping, and less than the 45 s after which
clients give up by themselves."""
ANSWER_SECONDS: Final = 30.0
SWITCHING: Final = 101
_TEXT, _CLOSE = b"t", b"c"


class Reply(NamedTuple):
    """The answer to a request of a session."""

    status: int
    media_type: str
    body: bytes


class Question(NamedTuple):
    """A question to a session.

    Attributes:
        kind: `poll`, `post` or `socket`.
        payload: of a post.
    """

    kind: str
    session_id: str
    payload: str = ""


def build_unknown_reply() -> EngineRefusal:
    """Return the refusal of a session that there is not, or no more: its client connects anew."""
    return EngineRefusal(1, "Session ID unknown")


async def ask_sibling_process(name: str, question: Question) -> Reply:
    """Pass a poll or a post on to the process of its session; raises EngineRefusal where that is gone."""
    try:
        async with open_sibling_link(name, KIND) as link:
            await _send_question(link, question)
            return await _receive_reply(link, POLL_SECONDS if question.kind == "poll" else ANSWER_SECONDS)
    except SiblingGone:
        raise build_unknown_reply() from None


async def relay_socket_texts(name: str, session_id: str, socket: WebSocket) -> None:
    """Pass the texts of a socket on to the process of its session, until either end closes.

    Raises:
        EngineRefusal: there is no such session; the socket is not accepted yet.
    """
    try:
        async with open_sibling_link(name, KIND) as link:
            await _send_question(link, Question("socket", session_id))
            reply = await _receive_reply(link, ANSWER_SECONDS)
            if reply.status != SWITCHING:
                raise build_unknown_reply()
            await socket.accept_handshake()
            await _run_until_first_ends(_send_texts_on(socket, link), _send_texts_back(socket, link))
    except SiblingGone:
        if not socket.is_open:
            raise build_unknown_reply() from None
        await socket.close(RESTARTING, "Come again.")


async def receive_question(link: SiblingLink) -> Question:
    """Return what another process asks; raises SiblingGone."""
    head = orjson.loads(await link.receive_message(ANSWER_SECONDS))
    payload = (await link.receive_message(ANSWER_SECONDS)).decode()
    return Question(head["kind"], head["session"], payload)


async def send_reply(link: SiblingLink, reply: Reply) -> None:
    """Answer another process; raises SiblingGone."""
    await link.send_message(orjson.dumps({"status": reply.status, "type": reply.media_type}))
    await link.send_message(reply.body)


async def send_reply_when_ready(link: SiblingLink, answer: Awaitable[Reply]) -> None:
    """Answer another process; gives up where it does, for then the client has gone. Raises SiblingGone."""
    await _run_until_first_ends(_send_awaited(link, answer), _wait_until_closed(link))


class LinkedSocket:
    """A socket that another process has accepted, as a session sees it."""

    def __init__(self, link: SiblingLink) -> None:
        self._link = link

    async def accept_handshake(self) -> None:
        """Tell the other process to accept; raises SiblingGone."""
        await send_reply(self._link, Reply(SWITCHING, "", b""))

    async def receive_text(self) -> str:
        """Return the next text; raises SocketClosed."""
        try:
            return (await self._link.receive_message()).decode()
        except SiblingGone:
            raise SocketClosed from None

    async def send_text(self, text: str) -> None:
        """Send a text; raises SocketClosed."""
        try:
            await self._link.send_message(_TEXT + text.encode())
        except SiblingGone:
            raise SocketClosed from None

    async def close(self, code: int, reason: str = "") -> None:
        """Have the other process close the socket."""
        with suppress(SiblingGone):
            await self._link.send_message(_CLOSE + orjson.dumps([code, reason]))


async def _send_question(link: SiblingLink, question: Question) -> None:
    await link.send_message(orjson.dumps({"kind": question.kind, "session": question.session_id}))
    await link.send_message(question.payload.encode())


async def _receive_reply(link: SiblingLink, seconds: float) -> Reply:
    head = orjson.loads(await link.receive_message(seconds))
    return Reply(head["status"], head["type"], await link.receive_message(ANSWER_SECONDS))


async def _send_awaited(link: SiblingLink, answer: Awaitable[Reply]) -> None:
    await send_reply(link, await answer)


async def _wait_until_closed(link: SiblingLink) -> None:
    with suppress(SiblingGone):
        await link.receive_message()


async def _send_texts_on(socket: WebSocket, link: SiblingLink) -> None:
    with suppress(SocketClosed):
        while True:
            await link.send_message((await socket.receive_text()).encode())


async def _send_texts_back(socket: WebSocket, link: SiblingLink) -> None:
    with suppress(SocketClosed):
        while (message := await link.receive_message())[:1] == _TEXT:
            await socket.send_text(message[1:].decode())
        await socket.close(*orjson.loads(message[1:]))


async def _run_until_first_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run works until one of them ends, and cancel the others; raises what the first one raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
