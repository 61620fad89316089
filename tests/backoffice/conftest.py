"""Screens of the standing cast, and an order in each of two tenants, with its money and whom it is told."""

import pytest

from accounts.models import User
from chat.models import Room
from orders.models import Order
from payments.models import Payment
from pets.models import Pet
from public_events.event_types import EventType
from tenants.models import Tenant
from tests.backoffice.screens import Screen, screen_of
from tests.chat.rooms.talking import write_in_room
from tests.factories import OrderFactory
from tests.payments.paying import pay
from tests.webhooks.conftest import sink, subscribe_endpoint
from tests.webhooks.delivering import deliveries_to, publish_all_events
from webhooks.models import Delivery, Endpoint

__all__ = ["sink"]


@pytest.fixture
def sams(sam: User) -> Screen:
    """The screen of acme's staff."""
    return screen_of(sam)


@pytest.fixture
def roots(root: User) -> Screen:
    """The screen of an admin."""
    return screen_of(root)


@pytest.fixture
def order(rex: Pet, alice: User) -> Order:
    """Acme's: Rex for alice."""
    return OrderFactory.create(pet=rex, customer=alice)


@pytest.fixture
def foreign_order(mia: Pet, charlie: User) -> Order:
    """Globex's: Mia for charlie."""
    return OrderFactory.create(pet=mia, customer=charlie)


@pytest.fixture
def payment(order: Order) -> Payment:
    """Of acme's order, which is APPROVED with it."""
    return pay(order)


@pytest.fixture
def foreign_payment(foreign_order: Order) -> Payment:
    return pay(foreign_order)


@pytest.fixture
def endpoint(acme: Tenant) -> Endpoint:
    """Acme's, which hears of everything and is asked nothing."""
    return subscribe_endpoint(acme, "https://shop.example/hooks", *EventType.values)


@pytest.fixture
def foreign_endpoint(globex: Tenant) -> Endpoint:
    return subscribe_endpoint(globex, "https://globex.example/hooks", *EventType.values)


@pytest.fixture
def delivery(endpoint: Endpoint, order: Order) -> Delivery:
    """That acme's order was placed: due, and not sent yet."""
    publish_all_events()
    return next(row for row in deliveries_to(endpoint) if row.ordering_key == order.pk)


@pytest.fixture
def foreign_delivery(foreign_endpoint: Endpoint, foreign_order: Order) -> Delivery:
    publish_all_events()
    return next(row for row in deliveries_to(foreign_endpoint) if row.ordering_key == foreign_order.pk)


@pytest.fixture
def room(alice: User) -> Room:
    """Acme's: alice waits for an answer."""
    return write_in_room(alice, "Is Luna still there?").room


@pytest.fixture
def foreign_room(charlie: User) -> Room:
    """Globex's: charlie waits for an answer."""
    return write_in_room(charlie, "Has Mia had her jabs?").room
