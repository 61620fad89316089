"""Web processes that are replaced by a reload: clients come again and miss nothing (contract, Socket.IO)."""

import asyncio
import signal
from contextlib import suppress
from itertools import count
from uuid import UUID

import pytest

from accounts.models import User
from chat.models import RoomMessage
from chat.rooms.participants import find_participant
from chat.services.customer_rooms import open_customer_room
from chat.services.room_messages import send_room_message
from tenants.scoping import tenant_scope
from tests.factories import acting
from tests.rest.listening import meanwhile
from tests.server.server import Server, wait_until
from tests.socketio.readers import Reader, until

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]

WRITING_SECONDS = 0.5
"""A reload takes some ten seconds: fewer messages than a page has."""


def open_room(customer: User) -> UUID:
    with tenant_scope(customer.tenant_id):
        return open_customer_room(actor=acting(customer)).id


def write(agent: User, room_id: UUID, text: str) -> None:
    actor = acting(agent)
    with tenant_scope(agent.tenant_id):
        sender = find_participant(actor=actor).person
        send_room_message(text=text, client_id=text.replace(" ", "-"), sender=sender, actor=actor, room_id=room_id)


def stored(customer: User) -> list[str]:
    with tenant_scope(customer.tenant_id):
        return [str(one.id) for one in RoomMessage.objects.order_by("number")]


def test_clients_read_on_through_a_reload(server: Server, auth: dict[str, str], alice: User, sam: User) -> None:
    room_id = open_room(alice)
    transports = (("polling",), ("websocket",), ("polling", "websocket"))

    async def write_on() -> None:
        for number in count():
            await meanwhile(write, sam, room_id, f"number {number}")
            await asyncio.sleep(WRITING_SECONDS)

    async def read_on() -> None:
        readers = [Reader(*kinds) for kinds in transports]
        control = Reader("websocket", is_careless=True)
        for reader in (*readers, control):
            await reader.come(server.address, auth)
        writing = asyncio.create_task(write_on())
        await until(lambda: all(reader.seen for reader in (*readers, control)))
        server.process.send_signal(signal.SIGHUP)
        await until(lambda: all(reader.times > 1 for reader in (*readers, control)))
        heard = len(control.seen)
        await until(lambda: len(control.seen) > heard)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        messages = await meanwhile(stored, alice)
        await until(lambda: all(reader.seen[-1] == messages[-1] for reader in (*readers, control)))
        for reader in (*readers, control):
            await reader.client.disconnect()
        assert [reader.seen == messages for reader in readers] == [True] * len(readers)
        assert len(control.seen) < len(messages), "who does not ask misses what came meanwhile"

    asyncio.run(read_on())
    wait_until(lambda: "Reloaded" in server.log.read_text())  # the old processes have ended: the next test meets none
