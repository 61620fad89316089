"""Support chat over web sockets (contract, WebSocket): what is said, who hears it, and in which order."""

from accounts.models import User
from tenants.models import Tenant
from tests.factories import CustomerFactory
from tests.rest.tokens import access
from tests.websocket.client import CHAT, ChatClient, Socket
from tests.websocket.conftest import Talk


def test_a_customer_and_an_agent_write_to_one_another(talk: Talk, alice: User, sam: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            assert hers.subprotocol == "petstore.v1"
            assert (hers.hello["role"], his.hello["role"]) == ("CUSTOMER", "AGENT")
            assert hers.hello["user"] == {"id": str(alice.id), "name": "Alice"}
            assert hers.hello["tenantId"] == str(alice.tenant_id)
            assert (hers.hello["heartbeatSeconds"], hers.hello["maxFrameBytes"]) == (20, 16384)
            joined = await hers.join()
            assert (joined["status"], joined["agent"], joined["messages"], joined["hasMore"]) == (
                "OPEN",
                None,
                [],
                False,
            )
            room = joined["roomId"]
            delivered = await hers.say("Is Luna still there?", "c-7", roomId=room)
            assert delivered["roomId"] == room
            his_view = await his.join(room)
            (message,) = his_view["messages"]
            assert (message["messageId"], message["text"]) == (delivered["messageId"], "Is Luna still there?")
            assert (message["sender"], message["role"]) == ({"id": str(alice.id), "name": "Alice"}, "CUSTOMER")
            assigned = await hers.hear("agentAssigned")
            assert (assigned["roomId"], assigned["agent"]) == (room, {"id": str(sam.id), "name": "Sam"})
            answered = await his.say("She is.", roomId=room)
            heard = await hers.hear("chatMessage")
            assert (heard["id"], heard["messageId"], heard["text"]) == (
                answered["messageId"],
                answered["messageId"],
                "She is.",
            )
            assert (heard["role"], heard["sender"]["name"]) == ("AGENT", "Sam")

    talk(conversation())


def test_in_the_shared_pool_there_is_no_tenant(talk: Talk, pool: Tenant) -> None:
    pat = CustomerFactory.create(username="pat")
    token = access(pat)

    async def conversation() -> None:
        async with Socket(CHAT, "petstore.v1", f"bearer.{token}") as hers:
            assert (await hers.hear("connected"))["tenantId"] is None
            hers.tell("chatMessage", id="c-1", text="Hello?")
            room = (await hers.hear("messageDelivered"))["roomId"]
            hers.tell("joinRoom", roomId=room)
            assert [one["text"] for one in (await hers.hear("roomJoined"))["messages"]] == ["Hello?"]

    talk(conversation())
