"""An order's events over web sockets of running servers, one of which is killed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from accounts.models import User
from orders.models import Order
from orders.states import Command
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.graphql.watching import move, tell_steps
from tests.rest.tokens import access
from tests.web_process import mortal_web_process
from tests.webhooks.delivering import publish_all_events
from tests.websocket.client import Seen, order_path, see_frame

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

PATIENCE = 120


@contextmanager
def watching(port: int, order: Order, user: User, last: str = "") -> Iterator[ClientConnection]:
    """Somebody who was let in to an order."""
    offered = [Subprotocol("petstore.v1"), Subprotocol(f"bearer.{access(user)}")]
    query = f"tenantId={order.tenant_id}&lastEventId={last}"
    address = f"ws://127.0.0.1:{port}{order_path(order.id)}?{query}"
    with connect(address, subprotocols=offered, open_timeout=PATIENCE) as link:
        assert json.loads(link.recv(PATIENCE))["type"] == "watching"
        yield link


def hear_steps(link: ClientConnection, order: Order, number: int) -> list[tuple[str, str]]:
    """The next steps that are told."""
    path = order_path(order.id)
    frames = [see_frame(Seen(path, is_ours=True, frame=json.loads(link.recv(PATIENCE)))) for _ in range(number)]
    return [(frame["id"], frame["data"]["newStatus"]) for frame in frames]


def close_code(link: ClientConnection) -> int:
    """The code that the server closes with; 0 where it has closed nothing."""
    with pytest.raises(ConnectionClosed) as closed:
        link.recv(PATIENCE)
    return closed.value.rcvd.code if closed.value.rcvd else 0


def test_who_comes_again_after_a_server_was_killed_or_stopped_misses_nothing(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    publish_all_events()
    with mortal_web_process() as (port, process), watching(port, order, alice) as link:
        told = hear_steps(link, order, 1)
        process.kill()
        assert close_code(link) == 0
    move(order, Command.APPROVE)
    publish_all_events()
    with mortal_web_process() as (port, process), watching(port, order, alice, told[-1][0]) as link:
        told += hear_steps(link, order, 1)
        process.terminate()
        assert close_code(link) in (1001, 1012)
        process.kill()
    move(order, Command.CANCEL)
    publish_all_events()
    with mortal_web_process() as (port, process), watching(port, order, alice, told[-1][0]) as link:
        told += hear_steps(link, order, 1)
        assert close_code(link) == 1000
        process.kill()
    assert told == tell_steps(order)
    assert [status for _, status in told] == ["PLACED", "APPROVED", "CANCELLED"]
