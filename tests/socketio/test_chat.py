"""Support chat over Socket.IO (contract, Socket.IO): what is said, who hears it, over either transport."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from accounts.models import User
from chat.models import RoomMessage
from kernel import ids
from tenants.scoping import all_tenants
from tests.rest.listening import meanwhile
from tests.socketio.client import Chat, SocketChat, UpgradedChat
from tests.socketio.conftest import Talk
from tests.websocket.client import ChatClient

OVER: Final[Mapping[str, type[Chat]]] = {"polling": Chat, "websocket": SocketChat, "upgrade": UpgradedChat}


@pytest.mark.parametrize("transport", OVER)
def test_a_customer_and_an_agent_write_to_one_another(talk: Talk, alice: User, sam: User, transport: str) -> None:
    async def conversation() -> None:
        async with OVER[transport](alice) as hers, OVER[transport](sam) as his:
            joined = await hers.join()
            assert (joined["status"], joined["agent"], joined["messages"], joined["hasMore"]) == (
                "OPEN",
                None,
                [],
                False,
            )
            room = joined["roomId"]
            sent = await hers.emit("chatMessage", roomId=room, text="Is Luna still there?")
            assert (set(sent), sent["roomId"]) == ({"ok", "roomId", "messageId", "sentAt"}, room)
            (message,) = (await his.join(room))["messages"]
            assert (message["messageId"], message["sentAt"]) == (sent["messageId"], sent["sentAt"])
            assigned = await hers.hear("agentAssigned")
            assert assigned == {"roomId": room, "agent": {"id": str(sam.id), "name": "Sam"}}
            await his.emit("typing", roomId=room, isTyping=True)
            typing = await hers.hear("typing")
            assert typing == {"roomId": room, "isTyping": True, "sender": {"id": str(sam.id), "name": "Sam"}}
            answered = await his.emit("chatMessage", roomId=room, text="She is.")
            heard = await hers.hear("chatMessage")
            assert (heard["messageId"], heard["text"], heard["role"]) == (answered["messageId"], "She is.", "AGENT")
            read = {"roomId": room, "messageId": heard["messageId"]}
            assert await hers.emit("messageRead", read) == {"ok": True, **read}
            assert await his.hear("messageRead") == read | {"reader": {"id": str(alice.id), "name": "Alice"}}
            assert await hers.settled() == await his.settled() == []

    talk(conversation())


def test_what_one_says_over_socket_io_the_other_hears_over_a_web_socket(talk: Talk, alice: User, sam: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers, ChatClient(sam) as his:
            room = (await hers.join())["roomId"]
            await his.join(room)
            await hers.hear("agentAssigned")
            sent = await hers.emit("chatMessage", roomId=room, text="Hello")
            assert (await his.hear("chatMessage"))["messageId"] == sent["messageId"]
            delivered = await his.say("Good day", roomId=room)
            assert (await hers.hear("chatMessage"))["messageId"] == delivered["messageId"]
            await hers.tell("typing", roomId=room, isTyping=True)
            assert (await his.hear("typingStarted"))["sender"]["name"] == "Alice"
            his.tell("typingStopped", roomId=room)
            assert not (await hers.hear("typing"))["isTyping"]

    talk(conversation())


def test_who_names_a_message_and_wants_no_acknowledgement_is_told_of_it(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers, Chat(alice) as elsewhere:
            room = (await hers.join())["roomId"]
            await elsewhere.join(room)
            for _ in range(2):
                await hers.tell("chatMessage", roomId=room, text="Hello", id="m-1")
            once, again = await hers.hear("messageDelivered"), await hers.hear("messageDelivered")
            assert (once, once["replyTo"], once["roomId"]) == (again, "m-1", room)
            assert (await elsewhere.hear("chatMessage"))["messageId"] == once["messageId"]
            await hers.tell("chatMessage", text="Without a name")
            assert await hers.settled() == []
            assert (await elsewhere.hear("chatMessage"))["text"] == "Without a name"
            assert await elsewhere.settled() == []

    talk(conversation())


def test_who_has_left_a_room_hears_it_no_more(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as hers, SocketChat(alice) as elsewhere:
            room = (await hers.join())["roomId"]
            await elsewhere.join(room)
            assert await hers.emit("leaveChat", roomId=room) == {"ok": True, "roomId": room}
            await elsewhere.emit("chatMessage", roomId=room, text="Hello")
            await hers.tell("typing", roomId=room, isTyping=True)
            assert (await elsewhere.hear("typing"))["isTyping"]
            assert await hers.settled() == []

    talk(conversation())


def test_events_of_one_client_are_done_in_their_order(talk: Talk, alice: User) -> None:
    room = ids.new_id_text()

    async def conversation() -> None:
        async with Chat(alice) as hers:
            texts = [f'42["chatMessage",{{"roomId":"{room}","text":"{number}"}}]' for number in range(15)]
            await hers.put(*texts)
            await hers.settled()
            joined = await hers.join(room)
            assert [message["text"] for message in joined["messages"]] == [str(number) for number in range(15)]

    talk(conversation())


def test_a_room_of_somebody_else_is_refused_like_one_that_does_not_exist(
    talk: Talk, alice: User, bob: User, charlie: User
) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers, Chat(bob) as his, Chat(charlie) as theirs:
            room = (await hers.join())["roomId"]
            sent = await hers.emit("chatMessage", roomId=room, text="Mine")
            for stranger in (his, theirs):
                absent = ids.new_id_text()
                for event, values in _requests_of(sent["messageId"]):
                    foreign = await stranger.fault(event, {"roomId": room, **values})
                    if event != "chatMessage":  # an id that nobody has is a new room's
                        assert foreign == await stranger.fault(event, {"roomId": absent, **values})
                    assert foreign == await stranger.fault(event, {"roomId": "x", **values})
                    assert (foreign["status"], foreign["type"].rpartition("/")[2]) == (404, "not-found")
            assert await hers.settled() == []
        assert await meanwhile(_count_messages) == 1

    talk(conversation())


def _requests_of(message_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("joinChat", {}),
        ("chatMessage", {"text": "Theirs"}),
        ("typing", {"isTyping": True}),
        ("messageRead", {"messageId": message_id}),
        ("leaveChat", {}),
    ]


def _count_messages() -> int:
    with all_tenants(reason="the test counts what is stored anywhere"):
        return RoomMessage.objects.count()
