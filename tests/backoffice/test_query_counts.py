"""A page costs the same number of queries with one row and with three."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Room
from orders.models import Order
from payments.gateways.sandbox import DECLINED_CARD
from payments.models import Payment
from public_events.event_types import EventType
from tenants.models import Tenant
from tests.applications.registering import register
from tests.backoffice.screens import Screen, reload_row, screen_of
from tests.chat.rooms.talking import write_in_room
from tests.factories import CustomerFactory, OrderFactory, TenantFactory, acting
from tests.payments.paying import pay
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, make_due_now, publish_all_events
from tests.webhooks.sink import Sink, answer_with
from webhooks.models import Endpoint

Grow = Callable[[int], None]
PAGES = {
    "index": 21,
    "orders_order_changelist": 9,
    "pets_pet_changelist": 9,
    "accounts_user_changelist": 8,
    "tenants_tenant_changelist": 6,
    "events_auditevent_changelist": 8,
    "payments_payment_changelist": 8,
    "webhooks_endpoint_changelist": 7,
    "applications_application_changelist": 7,
    "webhooks_delivery_changelist": 8,
    "chat_room_changelist": 7,
}


@pytest.fixture
def grow(acme: Tenant) -> Grow:
    def more(number: int) -> None:
        for _ in range(number):
            customer = CustomerFactory.create(tenant=acme)
            pay(OrderFactory.create(tenant=acme, customer=customer))
            write_in_room(customer, "Hello")
            register(acme)
            subscribe_endpoint(TenantFactory.create(), "https://shop.example", EventType.ORDER_STATUS_CHANGED)
            subscribe_endpoint(acme, "https://shop.example", EventType.ORDER_STATUS_CHANGED)
        publish_all_events()

    return more


def count_page_queries(screen: Screen, page: str, *args: object) -> int:
    """Count the queries of a page, from the second time on: Django remembers its content types."""
    screen.open(page, *args)
    with CaptureQueriesContext(connection) as queries:
        assert screen.open(page, *args).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("page", "queries"), PAGES.items())
def test_a_page_costs_the_same_with_one_row_and_with_three(roots: Screen, grow: Grow, page: str, queries: int) -> None:
    grow(1)
    with_one = count_page_queries(roots, page)
    grow(2)
    assert (with_one, count_page_queries(roots, page)) == (queries, queries)


@pytest.fixture
def hook(acme: Tenant, sink: Sink) -> Endpoint:
    """Acme's, which hears of everything and refuses it all."""
    sink.behaviour = answer_with(500)
    return subscribe_endpoint(acme, sink.url(), *EventType.values)


def try_again(hook: Endpoint, times: int) -> None:
    for _ in range(times):
        make_due_now(hook)
        deliver_all_due()


def test_an_orders_page_costs_the_same_with_a_short_story_and_with_a_long_one(
    roots: Screen, sam: User, hook: Endpoint, order: Order
) -> None:
    pay(order, DECLINED_CARD, actor=acting(sam))
    deliver_all_due()
    short = count_page_queries(roots, "orders_order_change", order.pk)
    pay(order)
    for command in ("ship", "deliver"):
        screen_of(sam).press(reload_row(order), command)
    try_again(hook, 5)
    long = count_page_queries(roots, "orders_order_change", order.pk)
    assert (short, long) == (14, 13)  # a DELIVERED order has no button that asks whether it is paid


def test_the_pages_of_webhooks_cost_the_same_with_few_rows_and_with_more(
    roots: Screen, hook: Endpoint, order: Order
) -> None:
    deliver_all_due()
    first = next(row for row in deliveries_to(hook) if row.ordering_key == order.pk)
    pages = (("webhooks_delivery_change", first.pk), ("webhooks_endpoint_change", hook.pk))
    with_few = [count_page_queries(roots, *page) for page in pages]
    pay(order)
    try_again(hook, 3)
    assert (with_few, [count_page_queries(roots, *page) for page in pages]) == ([5, 6], [5, 6])


def test_a_payments_page_is_read_with_a_single_query(roots: Screen, payment: Payment) -> None:
    """Besides session, user and the menu's count of rooms that wait."""
    assert count_page_queries(roots, "payments_payment_change", payment.pk) == 4


def test_a_rooms_page_costs_the_same_with_a_short_talk_and_with_a_long_one(
    sam: User, alice: User, room: Room, roots: Screen
) -> None:
    short = count_page_queries(roots, "chat_room_change", room.pk)
    for number in range(3):
        write_in_room(alice, f"Question {number}", room_id=room.pk)
        write_in_room(sam, f"Answer {number}", room_id=room.pk)
    assert (short, count_page_queries(roots, "chat_room_change", room.pk)) == (7, 7)
