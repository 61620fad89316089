"""Conversations on open sockets: frames are read one by one and answered in their order (contract, WebSocket)."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rest_framework.exceptions import APIException

from kernel.access import UseCase
from kernel.errors import DomainError, Kind, LoginRequired
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.rooms.frame_rates import FrameRate
from petstore.interfaces.rooms.refusals import Refusal, describe_refusal
from petstore.interfaces.websocket.frames import AUTH, ClientFrame
from petstore.interfaces.websocket.handshakes import Arrival, add_auth_frame, choose_subprotocol, read_arrival
from petstore.interfaces.websocket.outboxes import Outbox
from petstore.interfaces.websocket.received_frames import ReceivedFrame
from petstore.interfaces.websocket.sent_frames import build_error_frame, build_frame
from petstore.server.request_head import Refused
from petstore.server.web_sockets import DEFECT, TRY_AGAIN_LATER, SocketClosed, WebSocket, open_sockets

AUTH_SECONDS: Final = 10.0
"""The time for the first frame, where the handshake has no token."""
REFUSED: Final = 1008
AUTH_TOO_LATE: Final = 4408
LET_IN: Final = "101"
"""The status of a handshake in the metrics; one that is refused has the problem's slug."""
_CLOSE_CODES: Final = {500: DEFECT, 503: TRY_AGAIN_LATER, 429: TRY_AGAIN_LATER}


class AuthTooLate(Exception):
    """The first frame did not come in time."""


class Conversation(ABC):
    """One open socket.

    Attributes:
        client_frames: those that the client may send, by their type.
        route: the form of the path, for the metrics.
        reply_to: the client's id of the frame that is being answered.
    """

    client_frames: ClassVar[Mapping[str, type[ClientFrame]]]
    route: ClassVar[str]

    def __init__(self, socket: WebSocket, arrival: Arrival) -> None:
        self.socket, self.arrival, self.outbox = socket, arrival, Outbox(socket)
        self.rate = FrameRate()
        self.reply_to: str | None = None
        self._began = time.perf_counter()
        self._is_counted = False

    @abstractmethod
    async def talk_to_client(self) -> None:
        """Let the caller in and answer frames; what this raises refuses the caller."""

    @abstractmethod
    async def answer_frame(self, kind: str, values: Mapping[str, Any]) -> None:
        """Do what a frame asks for; what this raises is answered by an error."""

    async def serve_client(self) -> None:
        """Talk to the client until either end closes the socket."""
        try:
            self.arrival.require_no_refusal()
            await self.talk_to_client()
        except SocketClosed:
            pass
        except AuthTooLate:
            self.count_entry("unauthorized")
            self.outbox.close_when_empty(AUTH_TOO_LATE, "There was no auth in time.")
        except Exception as error:  # noqa: BLE001  # as Django does around a view: it is logged, and told as a defect
            self.refuse_caller(error, self.reply_to)
        finally:
            await self.outbox.wait_for_end()

    def put_frame(self, kind: str, **values: Any) -> None:
        """Send a frame soon."""
        self.outbox.put_frame(build_frame(kind, values))

    def refuse_caller(self, error: Exception, reply_to: str | None = None) -> None:
        """Say what the caller is refused with, and close the socket."""
        refusal = self._tell_refusal(error, self.arrival.caller.peer.request_id, reply_to)
        self.count_entry(refusal.slug)
        self.outbox.close_when_empty(_CLOSE_CODES.get(refusal.problem["status"], REFUSED), refusal.slug)

    def count_entry(self, status: str) -> None:
        """Count the handshake, once, with what came of it."""
        if not self._is_counted:
            self._is_counted = True
            self.socket.count_call("GET", self.route, status, time.perf_counter() - self._began)

    def name_next_call(self) -> str:
        """Return the request id of the frame that is about to be answered."""
        return self.arrival.caller.name_next_call().peer.request_id

    async def wait_for_auth(self, seconds: float | None = None) -> SocketCaller:
        """Return the caller that the first frame names, after frames at fault.

        Raises:
            AuthTooLate, LoginRequired, ParseError, SocketClosed
        """
        try:
            async with asyncio.timeout(AUTH_SECONDS if seconds is None else seconds):
                values = None
                while values is None:
                    values = self._read_auth_frame(await self.socket.receive_text())
        except TimeoutError as error:
            raise AuthTooLate from error
        return add_auth_frame(self.arrival.caller, values)

    async def answer_frames(self) -> None:
        """Answer frames until either end closes the socket."""
        while not self.outbox.is_ending:
            await self._answer_text(await self.socket.receive_text())
            self.reply_to = None

    async def _answer_text(self, text: str) -> None:
        began, status = time.perf_counter(), "ok"
        request_id, frame = self.name_next_call(), self._take_text(text)
        try:
            self.rate.count_next_frame()
            kind, values = frame.read_values(self.client_frames)
            if kind == "ping":
                self.put_frame("pong", replyTo=self.reply_to)
            else:
                await self.answer_frame(kind, values)
        except Exception as error:  # noqa: BLE001  # as around a view
            refusal = self._tell_refusal(error, request_id, self.reply_to)
            status = refusal.slug
            self._close_if_over(error, refusal)
        kind = frame.find_type(self.client_frames) or "other"
        self.socket.count_call(kind, self.route, status, time.perf_counter() - began)

    def _take_text(self, text: str) -> ReceivedFrame:
        frame = ReceivedFrame.parse_text(text)
        self.reply_to = frame.reply_to
        return frame

    def _read_auth_frame(self, text: str) -> Mapping[str, Any] | None:
        """Return the values of the first frame; None where it was at fault and another one may come."""
        frame = self._take_text(text)
        try:
            self.rate.count_next_frame()
            kind, values = frame.read_values(self.client_frames)
        except (DomainError, APIException) as error:
            self._close_if_over(error, self._tell_refusal(error, self.name_next_call(), self.reply_to))
            if self.outbox.is_ending:
                raise SocketClosed from error
            return None
        if kind != AUTH:
            raise LoginRequired("The first frame has to be auth.")
        return values

    def _tell_refusal(self, error: Exception, request_id: str, reply_to: str | None) -> Refusal:
        refusal = describe_refusal(error, self.socket.scope["path"], request_id)
        self.outbox.put_frame(build_error_frame(refusal, reply_to))
        return refusal

    def _close_if_over(self, error: Exception, refusal: Refusal) -> None:
        """Close the socket of a flood, and that of a caller whose token is good no more."""
        is_right_lost = isinstance(error, DomainError) and error.kind is Kind.UNAUTHENTICATED
        if is_right_lost or self.rate.is_flood:
            self.outbox.close_when_empty(REFUSED, refusal.slug)


async def hold_conversation(
    socket: WebSocket, use_case: UseCase, conversation: Callable[[WebSocket, Arrival], Conversation], route: str
) -> None:
    """Accept a socket and talk on it to its end.

    Args:
        use_case: that the handshake is counted for.

    Raises:
        Refused: the handshake is answered as a plain request.
    """
    began = time.perf_counter()
    try:
        arrival = await read_arrival(socket, use_case)
    except Refused as refused:
        socket.count_call("GET", route, str(refused.status), time.perf_counter() - began)
        raise
    await socket.accept_handshake(choose_subprotocol(socket))
    with open_sockets.keep_socket(socket, arrival.handshake.peer.network) as refusal:
        if refusal is None:
            await conversation(socket, arrival).serve_client()
        else:
            await socket.close(refusal, "Too many sockets are open, or the server stops; come again.")
