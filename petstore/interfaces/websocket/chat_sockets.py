"""Serve support chat (contract, WebSocket)."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from chat.rooms.participants import find_participant
from kernel.errors import DomainError
from petstore.interfaces.live.rooms import RoomNews
from petstore.interfaces.representation.rooms import represent_joined_room, represent_person
from petstore.interfaces.rooms.registry import room_sessions
from petstore.interfaces.rooms.sessions import Entrant, RoomSession, let_caller_in
from petstore.interfaces.websocket.conversations import LET_IN, Conversation, hold_conversation
from petstore.interfaces.websocket.frames import CLIENT_FRAMES, ClientFrame
from petstore.interfaces.websocket.handshakes import Arrival, confirm_caller
from petstore.interfaces.websocket.sent_frames import build_news_frame
from petstore.server.socket_frames import HEARTBEAT_SECONDS
from petstore.server.web_sockets import WebSocket
from petstore.settings.addresses import CHAT_SOCKET_PATH
from tenants.scoping import public_tenant_id

Values = Mapping[str, Any]


async def serve_socket(socket: WebSocket) -> None:
    """Serve one socket of support chat to its end; raises Refused where the handshake is answered as a request."""
    await hold_conversation(socket, find_participant, ChatSocket, ChatSocket.route)


class ChatSocket(Conversation):
    """The client of a session of support rooms."""

    client_frames: ClassVar[Mapping[str, type[ClientFrame]]] = CLIENT_FRAMES
    route: ClassVar[str] = CHAT_SOCKET_PATH
    _session: RoomSession

    def __init__(self, socket: WebSocket, arrival: Arrival) -> None:
        super().__init__(socket, arrival)
        self._answers: Mapping[str, Callable[[Values], Awaitable[None]]] = {
            "auth": self._confirm_caller,
            "joinRoom": self._join_room,
            "leaveRoom": self._leave_room,
            "chatMessage": self._send_message,
            "messageRead": self._mark_read,
            "typingStarted": partial(self._set_typing, is_typing=True),
            "typingStopped": partial(self._set_typing, is_typing=False),
        }

    async def talk_to_client(self) -> None:
        """Let the caller in to the rooms, and answer frames."""
        entrant = await self._let_caller_in()
        self._session = RoomSession(entrant, self, self.socket.pool, self.rate)
        with room_sessions.keep_session(self._session):
            self.count_entry(LET_IN)
            self.put_frame(
                "connected",
                user=represent_person(entrant.participant.person),
                role=str(entrant.participant.role),
                tenantId=public_tenant_id(entrant.tenant_id),
                heartbeatSeconds=int(HEARTBEAT_SECONDS),
                maxFrameBytes=self.socket.max_size,
            )
            self.reply_to = None
            await self.answer_frames()

    async def answer_frame(self, kind: str, values: Values) -> None:
        """Do what a frame asks for."""
        await self._answers[kind](values)

    def name_next_call(self) -> str:
        """Return the request id of the frame that is about to be answered."""
        return self._session.name_next_call() if hasattr(self, "_session") else super().name_next_call()

    def take_room_news(self, news: RoomNews) -> None:
        """Tell the client the news of a room."""
        self.outbox.put_frame(build_news_frame(news))

    def end_session(self, error: DomainError) -> None:
        """Tell the client that it has lost its right, and close the socket."""
        self.refuse_caller(error)

    async def _let_caller_in(self) -> Entrant:
        caller = self.arrival.caller if self.arrival.has_token else await self.wait_for_auth()
        return await caller.run_job_in_pool(self.socket.pool, partial(let_caller_in, caller))

    async def _confirm_caller(self, values: Values) -> None:
        confirm_caller(self._session.entrant.caller, values)

    async def _join_room(self, values: Values) -> None:
        joined = await self._session.join_support_room(values.get("roomId"), values.get("afterMessageId"))
        self.put_frame("roomJoined", replyTo=self.reply_to, **represent_joined_room(joined))

    async def _leave_room(self, values: Values) -> None:
        await self._session.leave_room(values["roomId"])

    async def _send_message(self, values: Values) -> None:
        sent = await self._session.send_room_message(values.get("roomId"), values["text"], values["id"])
        message = sent.message
        self.put_frame("messageDelivered", replyTo=values["id"], roomId=str(message.room_id), messageId=str(message.id))

    async def _mark_read(self, values: Values) -> None:
        await self._session.mark_messages_read(values["roomId"], values["messageId"])

    async def _set_typing(self, values: Values, *, is_typing: bool) -> None:
        await self._session.set_typing(values["roomId"], is_typing=is_typing)
