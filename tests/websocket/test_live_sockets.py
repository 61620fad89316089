"""Chat over web sockets of running servers: two of them, one that is killed, odd bytes, clients that do not read."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from accounts.models import User
from chat.rooms.participants import find_participant
from chat.services.room_messages import send_room_message
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import acting
from tests.rest.servers import Server, running
from tests.rest.tokens import access
from tests.web_process import mortal_web_process
from tests.websocket.client import CHAT, Frame, Seen, see_frame
from tests.websocket.conftest import count_stored_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

PATIENCE = 120
KIB = 1024


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with running() as server:
        yield server


class Line:
    """Somebody on a socket of a running server.

    Attributes:
        link: the library's connection.
    """

    def __init__(self, link: ClientConnection) -> None:
        self.link = link

    def tell(self, kind: str, **values: Any) -> None:
        frame = {"type": kind, **values}
        self.link.send(json.dumps(see_frame(Seen(CHAT, is_ours=False, frame=frame))))

    def hear(self, kind: str) -> Frame:
        """The next frame of this type."""
        while True:
            frame = see_frame(Seen(CHAT, is_ours=True, frame=json.loads(self.link.recv(PATIENCE))))
            if frame["type"] == kind:
                return frame

    def say(self, text: str, message_id: str, **values: str) -> Frame:
        self.tell("chatMessage", id=message_id, text=text, **values)
        return self.hear("messageDelivered")

    def join(self, room: str | None = None, **values: str) -> Frame:
        self.tell("joinRoom", **({"roomId": room} if room else {}), **values)
        return self.hear("roomJoined")

    def code(self) -> int:
        """The code that the server closes with."""
        try:
            while True:
                self.link.recv(PATIENCE)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


@contextmanager
def connected(port: int, user: User, *, path: str = CHAT) -> Iterator[Line]:
    """A user who was let in."""
    offered = [Subprotocol("petstore.v1"), Subprotocol(f"bearer.{access(user)}")]
    address = f"ws://127.0.0.1:{port}{path}?tenantId={user.tenant_id}"
    with connect(address, subprotocols=offered, open_timeout=PATIENCE) as link:
        assert link.subprotocol == "petstore.v1"
        line = Line(link)
        line.hear("connected")
        yield line


def test_two_processes_hear_one_another(server: Server, alice: User, sam: User) -> None:
    with ExitStack() as opened:
        other_port, other_process = opened.enter_context(mortal_web_process())
        hers = opened.enter_context(connected(server.port, alice))
        his = opened.enter_context(connected(other_port, sam))
        room = hers.say("Is Luna still there?", "c-1")["roomId"]
        assert [one["text"] for one in his.join(room)["messages"]] == ["Is Luna still there?"]
        assert hers.hear("agentAssigned")["agent"]["name"] == "Sam"
        his.say("She is.", "s-1", roomId=room)
        assert hers.hear("chatMessage")["text"] == "She is."
        hers.say("On my way!", "c-2", roomId=room)
        heard = his.hear("chatMessage")
        assert (heard["text"], heard["sender"]["name"]) == ("On my way!", "Alice")
        his.tell("messageRead", roomId=room, messageId=heard["messageId"])
        assert hers.hear("messageRead")["messageId"] == heard["messageId"]
        other_process.kill()


def test_what_was_not_acknowledged_when_a_server_was_killed_is_sent_again_and_stored_once(
    server: Server, alice: User
) -> None:
    room = str(uuid4())
    with mortal_web_process() as (port, process), connected(port, alice) as hers:
        first = hers.say("First", "c-1", roomId=room)
        hers.tell("chatMessage", id="c-2", text="Second", roomId=room)
        process.kill()
        hers.code()
    with connected(server.port, alice) as hers:
        assert hers.say("First", "c-1", roomId=room)["messageId"] == first["messageId"]
        hers.say("Second", "c-2", roomId=room)
        joined = hers.join(room, afterMessageId=first["messageId"])
        assert [one["text"] for one in joined["messages"]] == ["Second"]
    assert count_stored_rows() == (1, 2)


def test_a_server_that_stops_says_come_again(alice: User) -> None:
    with mortal_web_process() as (port, process), connected(port, alice) as hers:
        hers.join()
        process.terminate()
        assert hers.code() in (1001, 1012)
        assert process.wait(PATIENCE) == 0


def test_odd_bytes_close_the_socket_with_the_code_of_the_rule(server: Server, alice: User) -> None:
    def send(data: bytes, *, is_text: bool) -> int:
        with connected(server.port, alice) as hers:
            hers.link.send(data, text=is_text)
            return hers.code()

    assert send(b'{"type": "ping"}', is_text=False) == 1003
    assert send(b'{"type": "\xff"}', is_text=True) == 1007
    assert send(b" " * (16 * KIB + 1), is_text=True) == 1009
    with connected(server.port, alice) as hers:
        hers.link.send(b'{"type": "ping"}'.ljust(16 * KIB), text=True)
        hers.hear("pong")
        hers.link.send(["x" * 9 * KIB, "x" * 9 * KIB])
        assert hers.code() == 1009
    with connect(f"ws://127.0.0.1:{server.port}/v1/ws/chats") as link:
        assert Line(link).code() == 4404


def test_a_client_that_never_reads_is_cut_off_and_the_others_are_served(server: Server, alice: User, sam: User) -> None:
    with tenant_scope(alice.tenant_id):
        actor = acting(alice)
        sender = find_participant(actor=actor).person
        for number in range(50):
            message = send_room_message(text="x" * 4000, client_id=f"c-{number}", sender=sender, actor=actor).message
    joining = {"type": "joinRoom", "roomId": str(message.room_id)}
    with connected(server.port, alice) as hers, connected(server.port, sam) as his:
        his.link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        his.link.recv_bufsize = 1
        ends_at = time.monotonic() + PATIENCE
        with pytest.raises(OSError, match=r"reset|pipe|descriptor"):  # noqa: PT012  # the socket may end with any of these
            while time.monotonic() < ends_at:
                his.link.socket.sendall(_mask_text(joining))
                time.sleep(0.05)
        hers.say("Still here", "c-99", roomId=str(message.room_id))


def _mask_text(frame: Frame) -> bytes:
    """A frame, past the library, which would read what comes."""
    text = json.dumps(frame).encode()
    return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text


def test_many_who_come_and_go_at_once_hold_up_nobody(server: Server, alice: User, pool: Tenant) -> None:
    with ExitStack() as opened:
        for _ in range(20):
            half_open = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half_open.sendall(b"GET /v1/ws/chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n")
        silent = [opened.enter_context(connect(f"ws://127.0.0.1:{server.port}{CHAT}")) for _ in range(20)]
        for _ in range(3):
            gone = [connect(f"ws://127.0.0.1:{server.port}{CHAT}") for _ in range(20)]
            for link in gone:
                link.socket.shutdown(socket.SHUT_RDWR)
        with connected(server.port, alice) as hers:
            hers.say("Hello?", "c-1")
        assert all(link.protocol.close_rcvd is None for link in silent)


def test_the_token_in_an_address_reaches_no_log(alice: User, capfd: pytest.CaptureFixture[str]) -> None:
    token = access(alice)
    with mortal_web_process({"ACCESS_LOG": "on"}) as (port, process):
        for path in (CHAT, "/v1/ws/nowhere", f"/v1/ws/orders/{uuid4()}"):
            with connect(f"ws://127.0.0.1:{port}{path}?token={token}&tenantId={alice.tenant_id}") as link:
                if path == CHAT:
                    link.send("no JSON")
                    link.recv(PATIENCE)
                else:
                    assert Line(link).code() in (1008, 4404)
        process.kill()
    written = "".join(capfd.readouterr())
    assert "websocket GET /v1/ws/chat 101" in written
    assert not any(part in written for part in token.split("."))
