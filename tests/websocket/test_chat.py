"""Support chat over web sockets (contract, WebSocket): what is said, who hears it, and in which order."""

from accounts.models import User
from tests.websocket.client import ChatClient
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
