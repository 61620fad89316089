"""GET /orders: whose orders, and which of them (contract, Orders and Collections)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from kernel import ids
from kernel.actor import SYSTEM
from orders.imports import PastOrder, PastPet, PastStep, import_past
from orders.models import Order
from orders.states import Status
from pets.services.details import PetDetails
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.orders.moving import order_in
from tests.rest.problems import assert_problem

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def _listed(client: Client, **query: Any) -> list[str]:
    response = client.get("/v1/orders", query)
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["pagination"]["totalItems"] == len(body["data"])
    return [order["id"] for order in body["data"]]


def _ids(*orders: Order) -> list[str]:
    return [str(order.id) for order in orders]


@pytest.fixture
def orders(acme: Tenant, alice: User, bob: User, charlie: User) -> list[Order]:
    """Alice's, bob's and an anonymous one of acme; beside them one of globex and one of the shared pool."""
    OrderFactory.create(tenant=charlie.tenant, customer=charlie)
    OrderFactory.create()
    return [OrderFactory.create(tenant=acme, customer=customer) for customer in (alice, bob, None)]


def test_the_anonymous_list_nothing(api: Client, orders: list[Order]) -> None:
    assert_problem(api.get("/v1/orders"), 401, "unauthorized")


def test_a_customer_lists_ones_own(api: Client, orders: list[Order], alice: User) -> None:
    assert _listed(api.as_(alice)) == _ids(orders[0])


def test_staff_list_the_tenants_newest_first(api: Client, orders: list[Order], sam: User) -> None:
    assert _listed(api.as_(sam)) == _ids(*reversed(orders))


def test_an_admin_lists_all_of_the_scope(api: Client, orders: list[Order], acme: Tenant, root: User) -> None:
    assert _listed(api.as_(root, at=acme)) == _ids(*reversed(orders))
    assert len(_listed(api.as_(root))) == 1


@pytest.mark.parametrize("query", [{}, {"page": 1}])
def test_a_list_shows_orders_as_they_are_shown_alone(
    api: Client, orders: list[Order], alice: User, query: dict[str, int]
) -> None:
    client = api.as_(alice)
    alone = client.get(f"/v1/orders/{orders[0].id}").json()
    assert client.get("/v1/orders", query).json()["data"] == [alone]


def test_a_list_of_nothing_is_an_empty_page(api: Client, alice: User) -> None:
    body = api.as_(alice).get("/v1/orders").json()
    address = "http://testserver/v1/orders"
    assert body == {
        "data": [],
        "pagination": {"page": 1, "limit": 20, "totalItems": 0, "totalPages": 0},
        "links": {"self": address, "next": None, "prev": None, "first": address, "last": None},
    }


@pytest.mark.parametrize("status", Status)
def test_orders_are_found_by_status_in_any_case(api: Client, acme: Tenant, sam: User, status: Status) -> None:
    orders = {each: order_in(each, tenant=acme) for each in Status}
    for text in (status, status.lower(), status.title()):
        assert _listed(api.as_(sam), status=text) == _ids(orders[status])


def test_orders_are_found_by_pet(api: Client, orders: list[Order], sam: User) -> None:
    assert _listed(api.as_(sam), petId=orders[1].pet_id) == _ids(orders[1])
    assert _listed(api.as_(sam), petId=str(orders[1].pet_id).upper()) == _ids(orders[1])
    assert _listed(api.as_(sam), petId=ids.new_id()) == []


def test_staff_find_orders_by_user(api: Client, orders: list[Order], sam: User, bob: User) -> None:
    assert _listed(api.as_(sam), userId=bob.id) == _ids(orders[1])


def test_a_customer_finds_nobody_elses_orders_by_user(api: Client, orders: list[Order], alice: User, bob: User) -> None:
    assert _listed(api.as_(alice), userId=bob.id) == []
    assert _listed(api.as_(alice), userId=alice.id) == _ids(orders[0])


def test_filters_narrow_each_other(api: Client, orders: list[Order], sam: User, bob: User) -> None:
    assert _listed(api.as_(sam), userId=bob.id, status="PLACED", petId=orders[1].pet_id) == _ids(orders[1])
    assert _listed(api.as_(sam), userId=bob.id, status="SHIPPED") == []


@pytest.fixture
def three_noons(acme: Tenant) -> dict[datetime, UUID]:
    """Orders of three days at noon, by their moment."""
    moments = [NOON, NOON + timedelta(days=1), NOON + timedelta(days=2)]
    with tenant_scope(acme.id):
        import_past([_past(moment) for moment in moments])
        return {order.created_at: order.id for order in Order.objects.all()}


def _past(moment: datetime) -> PastPet:
    step = PastStep(status=Status.PLACED, at=moment, by=SYSTEM)
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(150))
    order = PastOrder(customer_id=None, steps=(step,))
    return PastPet(details=details, arrived_at=moment - timedelta(days=1), by=SYSTEM, orders=(order,))


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"createdFrom": "2025-06-02T12:00:00Z"}, [2, 1]),
        ({"createdFrom": "2025-06-02T12:00:01Z"}, [2]),
        ({"createdTo": "2025-06-02T12:00:00Z"}, [1, 0]),
        ({"createdTo": "2025-06-02T11:59:59Z"}, [0]),
        ({"createdFrom": "2025-06-02T14:00:00+02:00", "createdTo": "2025-06-02T12:00:00Z"}, [1]),
        ({"createdFrom": "2025-06-04T00:00:00Z"}, []),
        ({"createdFrom": "2025-06-03T00:00:00Z", "createdTo": "2025-06-01T00:00:00Z"}, []),
    ],
)
def test_both_ends_of_a_time_span_belong_to_it(
    api: Client, three_noons: dict[datetime, UUID], sam: User, query: dict[str, str], days: list[int]
) -> None:
    assert _listed(api.as_(sam), **query) == [str(three_noons[NOON + timedelta(days=day)]) for day in days]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "LOST"),
        ("status", "PLACED,APPROVED"),
        ("status", "\0"),
        ("petId", "1"),
        ("petId", "{0190b6a2-0000-7000-8000-000000000000}"),
        ("userId", "null"),
        ("createdFrom", "yesterday"),
        ("createdFrom", "\u0662\u0660\u0662\u0665-06-02T12:00:00Z"),
        ("createdFrom", "2025-06-02"),
        ("createdFrom", "2025-06-02T12:00:00"),
        ("createdFrom", "2025-02-30T12:00:00Z"),
        ("createdFrom", "0001-01-01T00:00:00Z"),
        ("createdTo", "0001-01-01T00:00:00+14:00"),
        ("createdTo", "9999-12-31T23:59:59Z"),
        ("createdTo", "9999-12-31T23:59:59-12:00"),
        ("createdTo", "2025-06-02T12:00:00+99:99"),
    ],
)
def test_a_filter_takes_nothing_but_its_values(
    api: Client, orders: list[Order], sam: User, name: str, value: str
) -> None:
    assert_problem(api.as_(sam).get("/v1/orders", {name: value}), 400, "validation-error", name)
