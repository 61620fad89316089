"""How many queries an answer costs, whatever the number of rows (architecture, Manners)."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from orders.states import Status
from payments.gateways.sandbox import DECLINED_CARD
from petstore.interfaces.rest.urls import urlpatterns
from public_events.event_types import EventType
from ratelimit.services import forget_local_leases
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.webhooks.conftest import hook, sink, subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due
from webhooks.models import Endpoint

__all__ = ["hook", "sink"]

ENTRANCE = 1
"""Which tenant the header names, and who the bearer is in it."""

LISTS = {
    "orders": ENTRANCE + 2,
    "orders?page=1&status=placed": ENTRANCE + 1,
    "pets": ENTRANCE + 1,
    "inventory": ENTRANCE + 1,
    "inventories": ENTRANCE + 1,
    "webhooks": ENTRANCE + 1,
    "models": ENTRANCE,
    "admin/users": ENTRANCE + 1,
    "admin/orders": ENTRANCE + 2,
    "admin/audit-logs": ENTRANCE + 1,
    "admin/dashboard/stats": ENTRANCE + 6,
}
"""One query for the rows, and one for their number where the list goes on behind its page."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_local_leases()
    yield
    forget_local_leases()


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/v1/{path}").status_code == 200
    return len(queries)


def _fill(sam: User, number: int) -> None:
    for _ in range(number):
        subscribe_endpoint(sam.tenant, "https://shop.example/", *EventType.values)
        OrderFactory.create(tenant=sam.tenant)
        PetFactory.create(tenant=sam.tenant, photos=("https://example.com/a.jpg", "https://example.com/b.jpg"))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("path", "number"), LISTS.items())
def test_a_list_costs_the_same_whatever_its_length(api: Client, sam: User, rows: int, path: str, number: int) -> None:
    _fill(sam, rows)
    assert _queries(api.as_(sam), path) == number


def test_every_list_is_counted() -> None:
    routes = {
        str(route.pattern)
        for route in urlpatterns
        if not route.pattern.converters and "get" in getattr(route.callback, "actions", ())
    }
    assert routes == {path.partition("?")[0] for path in LISTS}


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_by_cursor_costs_the_same_whatever_its_length(api: Client, sam: User, rows: int) -> None:
    _fill(sam, rows + 1)
    staff = api.as_(sam)
    address = staff.get("/v1/orders?limit=1").json()["links"]["next"].replace("limit=1", "limit=9")
    assert _queries(staff, address.removeprefix("http://testserver/v1/")) == ENTRANCE + 2


@pytest.mark.parametrize("status", [Status.PLACED, Status.DELIVERED])
def test_a_history_costs_the_same_whatever_its_length(api: Client, db: None, status: Status) -> None:
    assert _queries(api, f"orders/{order_in(status).id}/history") == 2


@pytest.mark.parametrize("status", [Status.PLACED, Status.DELIVERED])
def test_a_story_costs_the_same_whatever_its_length(api: Client, db: None, status: Status) -> None:
    assert _queries(api, f"orders/{order_in(status).id}/events") == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_payments_cost_the_same_however_many_they_are(api: Client, db: None, rows: int) -> None:
    order = OrderFactory.create()
    for _ in range(rows):
        assert pay(order, DECLINED_CARD).status == "FAILED"
    assert _queries(api, f"orders/{order.id}/payments") == 2


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_receipt_costs_one_query(api: Client, db: None, accept: str) -> None:
    api.credentials(HTTP_ACCEPT=accept)
    assert _queries(api, f"receipts/{pay(OrderFactory.create()).id}") == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_deliveries_cost_the_same_however_many_they_are(api: Client, sam: User, hook: Endpoint, rows: int) -> None:
    _fill(sam, rows)
    deliver_all_due()
    assert _queries(api.as_(sam), f"webhooks/{hook.id}/deliveries") == ENTRANCE + 3


def test_an_anonymous_caller_reads_an_order_by_one_query(api: Client, db: None) -> None:
    order = OrderFactory.create()
    assert _queries(api, f"orders/{order.id}") == 1


def test_a_large_quota_is_leased_and_costs_the_next_request_nothing(api: Client, db: None, settings: Settings) -> None:
    settings.RATE_LIMIT, settings.REDIS_URL = (100_000, 3600), ""
    order = OrderFactory.create()
    assert _queries(api, f"orders/{order.id}") == 2
    assert _queries(api, f"orders/{order.id}") == 1


def test_a_bearer_in_a_tenant_costs_who_and_where(api: Client, sam: User) -> None:
    order = OrderFactory.create(tenant=sam.tenant)
    assert _queries(api.as_(sam), f"orders/{order.id}") == ENTRANCE + 1
