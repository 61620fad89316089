"""An order's story is told in the order in which it was written, whatever the clocks of those who wrote it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from events.models import Action, AuditEvent, EntityType
from events.services import record_event
from kernel import clock
from kernel.actor import SYSTEM
from orders.history import build_step_details
from orders.models import Order
from orders.states import Command
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import transition_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import screen_of
from tests.client import Client
from tests.concurrency import PATIENCE
from tests.factories import OrderFactory
from tests.payments.paying import pay
from tests.rest.listening import Heard, parsed
from tests.webhooks.delivering import publish_all_events

STEPS = ["PLACED", "payment.failed", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
Clock = Callable[[int], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the clock of whoever acts next: so many minutes from the true time."""
    start = clock.now()

    def change(minutes: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=minutes))

    return change


def _move(order: Order, command: Command) -> None:
    with tenant_scope(order.tenant_id):
        transition_order(order_id=order.id, command=command, actor=SYSTEM)


@pytest.fixture
def order(pool: Tenant, set_clock: Clock) -> Order:
    """Delivered; each step was made by a machine whose clock was behind that of the one before, or jumped back."""
    set_clock(60)
    order: Order = OrderFactory.create()
    set_clock(30)
    pay(order, DECLINED_CARD)
    publish_all_events()
    set_clock(-5)
    pay(order)
    set_clock(-90)
    _move(order, Command.SHIP)
    set_clock(-100)
    _move(order, Command.DELIVER)
    set_clock(0)
    return order


def _stream(order: Order, last: str = "") -> list[Heard]:
    headers: dict[str, Any] = {"HTTP_ACCEPT": "text/event-stream", "HTTP_LAST_EVENT_ID": last}
    return parsed(Client().get(f"/v1/orders/{order.pk}/events", **headers).content)


def _told(heard: list[Heard]) -> list[str]:
    return [one.data.get("newStatus") or one.event for one in heard]


def test_streams_and_histories_tell_it_as_it_was_written(order: Order) -> None:
    publish_all_events()
    assert _told(_stream(order)) == STEPS
    history = Client().get(f"/v1/orders/{order.pk}/history").json()["data"]
    assert [step["to"] for step in history] == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED"]


def test_whoever_comes_again_goes_on_where_they_stopped(order: Order) -> None:
    publish_all_events()
    story = _stream(order)
    for place, one in enumerate(story, start=1):
        assert _told(_stream(order, last=one.id)) == STEPS[place:]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_the_orders_page_tells_it_as_it_was_written(order: Order, root: User, is_sealed: bool) -> None:
    if is_sealed:
        publish_all_events()
    journal = screen_of(root).open("orders_order_change", order.pk).context["journal"]
    written = [entry.details["changes"]["status"][1] for entry, _ in reversed(journal)]
    assert written == ["PLACED", "FAILED", "APPROVED", "SUCCEEDED", "SHIPPED", "DELIVERED"]


def test_by_the_clock_it_would_be_another_story(order: Order) -> None:
    """The control."""
    with tenant_scope(order.tenant_id):
        events = AuditEvent.objects.filter(entity_type=EntityType.ORDERS, entity_id=order.pk).order_by(
            "created_at", "id"
        )
        told = [event.details["changes"]["status"][1] for event in events]
    assert told == ["DELIVERED", "SHIPPED", "APPROVED", "PLACED"]


@pytest.mark.django_db(transaction=True)
def test_what_took_long_to_commit_is_missed_by_nobody(pool: Tenant, set_clock: Clock) -> None:
    """Its entry was written first, and is told last: by the clock, or by the outbox, it would stand before what has
    been told already."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    order = OrderFactory.create()
    is_written, may_commit = threading.Event(), threading.Event()

    def take_long() -> None:
        with tenant_scope(pool.id), transaction.atomic():
            _note(order, "APPROVED")
            is_written.set()
            may_commit.wait(PATIENCE)
        connections.close_all()

    slow = threading.Thread(target=take_long)
    slow.start()
    assert is_written.wait(PATIENCE)
    set_clock(5)
    with tenant_scope(pool.id):
        _note(order, "SHIPPED")
    publish_all_events()
    last = _stream(order)[-1]
    may_commit.set()
    slow.join(PATIENCE)
    publish_all_events()
    assert last.data["previousStatus"] == "SHIPPED"
    assert [one.data["previousStatus"] for one in _stream(order, last=last.id)] == ["APPROVED"]


def _note(order: Order, previous: str) -> None:
    details = build_step_details(order, previous, None, "")
    record_event(
        Action.ORDER_STATUS_CHANGED,
        entity_type=EntityType.ORDERS,
        entity_id=order.pk,
        actor=SYSTEM,
        at=clock.now(),
        details=details,
    )
