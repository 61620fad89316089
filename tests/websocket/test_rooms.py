"""Rooms over web sockets (contract, Rooms): who hears what, what is stored once, and what nobody may see."""

from uuid import uuid1, uuid4

from accounts.models import User
from chat.models import Room, RoomMessage
from chat.rooms.participants import find_participant
from chat.services.room_messages import send_room_message
from chat.services.rooms import close_support_room
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import StaffFactory, acting
from tests.rest.listening import meanwhile
from tests.websocket.client import ChatClient, Frame
from tests.websocket.conftest import Talk, count_stored_rows


def test_the_same_id_again_is_answered_alike_and_told_to_nobody(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(alice) as phone:
            first = await hers.say("Hello?", "c-1")
            await phone.join(first["roomId"])
            again = await hers.say("Hello?", "c-1", roomId=first["roomId"])
            assert again["messageId"] == first["messageId"]
            assert await hers.settled() == []
            assert (await phone.say("I am here, too", "p-1", roomId=first["roomId"]))["roomId"] == first["roomId"]
            heard = await hers.hear("chatMessage")
            assert (heard["text"], heard["sender"]["id"]) == ("I am here, too", str(alice.id))
            assert await phone.settled() == []

    talk(conversation())
    assert count_stored_rows() == (1, 2)


def test_messages_are_answered_in_the_order_in_which_they_were_sent(talk: Talk, alice: User, sam: User) -> None:
    texts = [f"number {number}" for number in range(15)]

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            room = (await hers.join())["roomId"]
            await his.join(room)
            for text in texts:
                hers.tell("chatMessage", id=text.replace(" ", "-"), roomId=room, text=text)
            answers = [await hers.hear("messageDelivered", "agentAssigned") for _ in range(16)]
            delivered = [answer["replyTo"] for answer in answers if answer["type"] == "messageDelivered"]
            assert delivered == [text.replace(" ", "-") for text in texts]
            assert [(await his.hear("chatMessage"))["text"] for _ in texts] == texts

    talk(conversation())


def test_typing_and_reading_are_told_to_the_others_only(talk: Talk, alice: User, sam: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            sent = await hers.say("Hello?")
            room, message = sent["roomId"], sent["messageId"]
            await his.join(room)
            await hers.hear("agentAssigned")
            for kind in ("typingStarted", "typingStopped"):
                his.tell(kind, roomId=room)
                typing = await hers.hear(kind)
                assert (typing["roomId"], typing["sender"]) == (room, {"id": str(sam.id), "name": "Sam"})
            his.tell("messageRead", roomId=room, messageId=message)
            read = await hers.hear("messageRead")
            assert (read["roomId"], read["messageId"], read["reader"]["name"]) == (room, message, "Sam")
            assert await his.settled() == []
            assert await hers.settled() == []

    talk(conversation())


def test_a_room_that_was_left_is_not_heard(talk: Talk, alice: User, sam: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            room = (await hers.say("Hello?"))["roomId"]
            await his.join(room)
            await hers.hear("agentAssigned")
            hers.tell("leaveRoom", roomId=room)
            assert await hers.settled() == []
            await his.say("Yes?", roomId=room)
            his.tell("typingStarted", roomId=room)
            await his.settled()
            assert await hers.settled() == []
            assert [one["text"] for one in (await hers.join(room))["messages"]] == ["Hello?", "Yes?"]

    talk(conversation())


def test_a_closed_room_is_told_and_takes_no_message(talk: Talk, alice: User, sam: User) -> None:
    def close(room: str) -> None:
        with tenant_scope(alice.tenant_id):
            close_support_room(room_id=Room.objects.get(pk=room).id, actor=acting(sam))

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            room = (await hers.say("Hello?"))["roomId"]
            await meanwhile(close, room)
            assert (await hers.hear("roomClosed"))["roomId"] == room
            problem = await hers.fault("chatMessage", id="c-2", roomId=room, text="Hello??")
            assert (problem["status"], problem["title"]) == (409, "This room is closed")
            assert (await hers.join(room))["status"] == "CLOSED"
            assert (await hers.join())["roomId"] != room

    talk(conversation())


def _write_messages(user: User, number: int) -> list[RoomMessage]:
    """So many messages of a customer, whose texts are their numbers."""
    with tenant_scope(user.tenant_id):
        actor = acting(user)
        sender = find_participant(actor=actor).person
        return [
            send_room_message(text=str(one), client_id=f"c-{one}", sender=sender, actor=actor).message
            for one in range(number)
        ]


def test_a_long_story_is_read_page_by_page(talk: Talk, alice: User) -> None:
    messages = _write_messages(alice, 60)
    room = str(messages[0].room_id)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            newest = await hers.join(room)
            assert [one["text"] for one in newest["messages"]] == [str(number) for number in range(10, 60)]
            assert not newest["hasMore"]
            page = await hers.join(room, afterMessageId=str(messages[2].id))
            assert [one["text"] for one in page["messages"]] == [str(number) for number in range(3, 53)]
            assert page["hasMore"]
            last = await hers.join(room, afterMessageId=page["messages"][-1]["messageId"])
            assert [one["text"] for one in last["messages"]] == [str(number) for number in range(53, 60)]
            assert not last["hasMore"]
            problem = await hers.fault("joinRoom", roomId=room, afterMessageId=str(uuid4()))
            assert problem["status"] == 404

    talk(conversation())


def test_a_message_opens_the_room_that_it_names_where_nobody_has_it(talk: Talk, alice: User, sam: User) -> None:
    wanted = str(uuid4())

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            assert (await hers.say("Hello?", roomId=wanted))["roomId"] == wanted
            assert (await hers.fault("chatMessage", id="c-2", roomId=str(uuid1()), text="?"))["status"] == 404
            for kind in ("joinRoom", "chatMessage"):
                problem = await his.fault(kind, id="s-1", **({"text": "!"} if kind == "chatMessage" else {}))
                assert [fault["field"] for fault in problem["errors"]] == ["roomId"]

    talk(conversation())
    assert count_stored_rows() == (1, 1)


def test_the_room_of_another_customer_of_another_tenant_and_none_at_all_are_alike(
    talk: Talk, alice: User, bob: User, charlie: User, gina: User
) -> None:
    told: dict[str, list[Frame]] = {}

    async def ask(client: ChatClient, name: str, room: str) -> None:
        asked = [
            ("joinRoom", {}),
            ("leaveRoom", {}),
            ("messageRead", {"messageId": str(uuid4())}),
            ("typingStarted", {}),
            ("typingStopped", {}),
        ]
        asked += [("chatMessage", {"id": "c-1", "text": "Is it you?"})] if name != "none" else []
        told[name] = [await client.fault(kind, roomId=room, **values) for kind, values in asked]
        assert await client.settled() == []

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            room = (await hers.say("A secret"))["roomId"]
            async with ChatClient(bob) as client:
                await ask(client, "another customer's", room)
                await ask(client, "none", str(uuid4()))
                await ask(client, "no UUID", "x")
            async with ChatClient(charlie) as client:
                await ask(client, "another tenant's", room)
            async with ChatClient(gina) as client:
                await ask(client, "another tenant's, for staff", room)
                refused = await client.fault("chatMessage", id="c-1", roomId=str(uuid4()), text="?")
                assert refused == told["another customer's"][-1]
            assert await hers.settled() == []

    talk(conversation())
    assert told["another customer's"] == told["another tenant's"] == told["another tenant's, for staff"]
    assert told["another customer's"][:-1] == told["none"]
    assert told["another customer's"] == told["no UUID"]
    assert count_stored_rows() == (1, 1)


def test_those_who_may_only_look_read_and_write_nothing(talk: Talk, alice: User, acme: Tenant) -> None:
    viewer = StaffFactory.create(tenant=acme, username="vera", group="Viewer")

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(viewer) as theirs:
            assert theirs.hello["role"] == "AGENT"
            room = (await hers.say("Hello?"))["roomId"]
            joined = await theirs.join(room)
            assert ([one["text"] for one in joined["messages"]], joined["agent"]) == (["Hello?"], None)
            for kind, values in (
                ("chatMessage", {"id": "c-1", "text": "Hi"}),
                ("typingStarted", {}),
                ("typingStopped", {}),
            ):
                assert (await theirs.fault(kind, roomId=room, **values))["status"] == 403
            assert await hers.settled() == []

    talk(conversation())


def test_markup_is_text_and_arrives_as_it_was_sent(talk: Talk, alice: User, sam: User) -> None:
    text = "<script>alert('1')</script> \U0001f63a \u202e \t\n&amp;"

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            room = (await hers.join())["roomId"]
            await his.join(room)
            await hers.hear("agentAssigned")
            assert (await hers.fault("chatMessage", id="c-1", roomId=room, text=text))["status"] == 400
            await hers.say(text.replace("\u202e", ""), roomId=room)
            assert (await his.hear("chatMessage"))["text"] == text.replace("\u202e", "")

    talk(conversation())
