"""/v1/admin/dashboard/stats (contract, Admin API). What is counted: tests/payments/test_statistics.py."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from kernel import clock
from kernel.actor import SYSTEM
from orders.date_ranges import DateRange
from orders.states import Status
from payments.statistics import compute_store_statistics
from petstore.interfaces.rest.renderers import JSONRenderer
from petstore.interfaces.rest.resources.admin.statistics import StatisticsOutput
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.usefixtures("revenue_at_once")

ADDRESS = "/v1/admin/dashboard/stats"


def _stats(client: Client, **query: str) -> dict[str, Any]:
    response = client.get(ADDRESS, query)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def test_the_figures_are_shown_as_the_contract_says(staff: Client, acme: Tenant, alice: User) -> None:
    PetFactory.create(tenant=acme)
    order_in(Status.PLACED, tenant=acme)
    pay(OrderFactory.create(tenant=acme, pet__price=Decimal("99.5"), pet__currency="EUR"))
    pay(OrderFactory.create(tenant=acme))
    order_in(Status.DELIVERED, tenant=acme)
    body = _stats(staff)
    days = body.pop("ordersByDay")
    assert body == {
        "totalUsers": 2,
        "activeUsers": 2,
        "totalPets": 5,
        "availablePets": 1,
        "totalOrders": 4,
        "ordersByStatus": {"PLACED": 1, "APPROVED": 2, "SHIPPED": 0, "DELIVERED": 1, "CANCELLED": 0},
        "totalRevenue": "150.00",
        "currency": "USD",
        "revenueByCurrency": {"EUR": "99.50", "USD": "150.00"},
    }
    assert len(days) == 30
    assert days[-1] == {"date": str(clock.now().date()), "orders": 4, "revenue": "150.00"}


def test_the_figures_are_shown_as_their_serializer_says(staff: Client, acme: Tenant) -> None:
    order_in(Status.APPROVED, tenant=acme)
    with tenant_scope(acme.id):
        figures = compute_store_statistics(span=DateRange(), actor=SYSTEM)
    assert staff.get(ADDRESS).content == JSONRenderer().render(StatisticsOutput(figures).data)


def test_each_scope_has_its_own_figures(api: Client, acme: Tenant, globex: Tenant, sam: User, root: User) -> None:
    for tenant in (acme, acme, globex):
        order_in(Status.APPROVED, tenant=tenant)
    totals = [_stats(client)["totalOrders"] for client in (api.as_(sam), api.as_(root, at=globex), api.as_(root))]
    assert totals == [2, 1, 0]


def test_days_and_times_bound_the_orders(staff: Client, acme: Tenant) -> None:
    now = order_in(Status.APPROVED, tenant=acme).created_at
    today, tomorrow = str(now.date()), str((now + timedelta(days=1)).date())
    for query, orders in (
        ({"from": today, "to": today}, 1),
        ({"from": today}, 1),
        ({"to": tomorrow}, 1),
        ({"from": tomorrow, "to": tomorrow}, 0),
        ({"from": clock.format_rfc3339(now), "to": clock.format_rfc3339(now)}, 1),
        ({"to": clock.format_rfc3339(now - timedelta(seconds=1))}, 0),
        ({"from": "", "to": "", "currency": ""}, 1),
    ):
        body = _stats(staff, **query)
        assert (body["totalOrders"], sum(body["ordersByStatus"].values())) == (orders, orders), query


def test_the_days_are_those_of_the_span(staff: Client) -> None:
    days = _stats(staff, **{"from": "2025-02-27", "to": "2025-03-01T00:00:00Z"})["ordersByDay"]
    assert days == [{"date": f"2025-{day}", "orders": 0, "revenue": "0.00"} for day in ("02-27", "02-28", "03-01")]


def test_a_store_that_sells_in_another_currency_asks_for_it(staff: Client, acme: Tenant) -> None:
    pay(OrderFactory.create(tenant=acme, pet__currency="EUR"))
    body = _stats(staff, currency="EUR")
    assert (body["totalRevenue"], body["currency"], body["revenueByCurrency"]) == ("150.00", "EUR", {"EUR": "150.00"})
    assert body["ordersByDay"][-1]["revenue"] == "150.00"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("from", "2025-02-30"),
        ("from", "2025-06-01T12:00:00"),
        ("from", "0001-01-01"),
        ("from", "2199-01-01"),
        ("from", "1970-01-01"),
        ("from", "\0"),
        ("to", "9999-12-31"),
        ("to", "2025"),
        ("to", "1735689600"),
        ("currency", "usd"),
        ("currency", "DOLLAR"),
    ],
)
def test_a_parameter_takes_nothing_but_its_values(staff: Client, name: str, value: str) -> None:
    answer = staff.get(ADDRESS, {name: value})
    assert_problem(answer, 400, "validation-error", name)


def test_a_span_does_not_end_before_it_begins(staff: Client) -> None:
    assert_problem(staff.get(ADDRESS, {"from": "2025-06-02", "to": "2025-06-01"}), 400, "validation-error", "from")
