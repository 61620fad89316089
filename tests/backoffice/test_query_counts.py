"""A page costs the same number of queries with one row and with three."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders.models import Order
from tenants.models import Tenant
from tests.backoffice.screens import Screen, fresh, screen_of
from tests.factories import CustomerFactory, OrderFactory, TenantFactory

Grow = Callable[[int], None]
PAGES = {
    "index": 7,
    "orders_order_changelist": 7,
    "pets_pet_changelist": 8,
    "accounts_user_changelist": 7,
    "tenants_tenant_changelist": 6,
    "events_event_changelist": 7,
}


@pytest.fixture
def grow(acme: Tenant) -> Grow:
    def more(number: int) -> None:
        for _ in range(number):
            OrderFactory.create(tenant=acme, customer=CustomerFactory.create(tenant=acme))
            TenantFactory.create()

    return more


def cost(screen: Screen, page: str, *args: object) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert screen.open(page, *args).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("page", "queries"), PAGES.items())
def test_a_page_costs_the_same_with_one_row_and_with_three(roots: Screen, grow: Grow, page: str, queries: int) -> None:
    grow(1)
    with_one = cost(roots, page)
    grow(2)
    assert (with_one, cost(roots, page)) == (queries, queries)


def test_an_orders_page_costs_the_same_with_two_steps_and_with_four(roots: Screen, sam: User, order: Order) -> None:
    screen_of(sam).press(order, "approve")
    with_two = cost(roots, "orders_order_change", order.pk)
    roots.press(fresh(order), "ship")
    roots.press(fresh(order), "deliver")
    assert (with_two, cost(roots, "orders_order_change", order.pk)) == (7, 7)
