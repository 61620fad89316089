"""The order list as a CSV file: what the list finds, whole, harmless, and known to the journal."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.tenants import add_tenant_member
from events.models import Action, AuditEvent
from kernel.actor import SYSTEM, Actor
from kernel.errors import Forbidden
from orders import export
from orders.models import Order, OrderQuerySet
from orders.services import exports
from orders.services.exports import export_orders
from pets.models import Pet
from petstore.interfaces.backoffice.spreadsheets import BOM
from tenants.models import Tenant
from tenants.scoping import NoTenantScope, all_tenants, tenant_scope
from tests.backoffice.screens import Page, Screen, screen_of
from tests.factories import CustomerFactory, OrderFactory, PetFactory, acting
from tests.snapshots import snapshot

NAMES = (
    'Rex "the King", junior',
    "Two\nlines",
    "Żółć 🐕 犬",
    '=HYPERLINK("https://evil.example","Rex")',
    "+1",
    "-1",
    "@SUM(1)",
    " =1+1",
    "\uff1d1",
)


def read_csv_text(answer: Page) -> str:
    """The whole file, without its mark."""
    text: str = answer.getvalue().decode()
    return text.removeprefix(BOM)


def rows_in(answer: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(read_csv_text(answer), newline="")))


def export_order_ids(screen: Screen, **query: Any) -> list[str]:
    """The ids in the file, in its order."""
    return [row["id"] for row in rows_in(screen.open("orders_order_export", **query))]


def list_export_events(tenant: Tenant) -> list[AuditEvent]:
    with tenant_scope(tenant.id):
        return list(AuditEvent.objects.filter(action=Action.ORDERS_EXPORTED))


def orders_of_tenant(tenant: Tenant) -> OrderQuerySet:
    orders: OrderQuerySet = Order.objects.filter(tenant=tenant).newest_first()
    return orders


def test_the_list_leads_to_the_export_of_what_it_shows(sams: Screen, order: Order, bob: User) -> None:
    other = OrderFactory.create(tenant=order.tenant, customer=bob)
    page = sams.open("orders_order_changelist", q="bob", status__exact="PLACED", p="0")
    assert page.context["export"] == "/admin/orders/order/export/?q=bob&status__exact=PLACED"
    assert page.context["export"].replace("&", "&amp;") in page.content.decode()
    assert [row["id"] for row in rows_in(sams.get(page.context["export"]))] == [str(other.pk)]


def test_the_export_has_the_order_of_the_list(sams: Screen, acme: Tenant) -> None:
    for name, price in (("Bo", "30.00"), ("Al", "10.00"), ("Cy", "20.00")):
        OrderFactory.create(pet=PetFactory.create(tenant=acme, name=name, price=price))
    named, dearest, newest = (
        [row["petName"] for row in rows_in(sams.open("orders_order_export", **query))]
        for query in ({"o": "3"}, {"o": "-5"}, {})
    )
    assert (named, dearest, newest) == (["Al", "Bo", "Cy"], ["Bo", "Cy", "Al"], ["Cy", "Al", "Bo"])


def test_the_file_is_named_by_the_day_and_kept_nowhere(sams: Screen, order: Order) -> None:
    answer = sams.open("orders_order_export")
    assert answer["Content-Disposition"] == f'attachment; filename="orders-{order.created_at:%Y-%m-%d}.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert answer.getvalue().startswith(BOM.encode())


@pytest.mark.parametrize("name", NAMES)
def test_any_name_comes_back_whole_and_starts_no_formula(sams: Screen, acme: Tenant, name: str) -> None:
    order = OrderFactory.create(tenant=acme, pet__price="7.00")
    with tenant_scope(acme.id):
        Pet.objects.filter(pk=order.pet_id).update(name=name)  # one of old may have a line break
    (row,) = rows_in(sams.open("orders_order_export"))
    assert row["petName"].removeprefix("'") == name
    assert row["petName"].startswith("'") == (name in NAMES[3:])
    assert row["totalAmount"] == "7.00"


def test_staff_export_their_own_tenants_rows_only(sams: Screen, order: Order, foreign_order: Order) -> None:
    assert export_order_ids(sams) == [str(order.pk)]
    assert export_order_ids(sams, tenant=order.tenant_id) == [str(order.pk)]
    assert export_order_ids(sams, tenant=foreign_order.tenant_id) == []
    assert export_order_ids(sams, q=foreign_order.pk) == []


def test_an_admin_exports_all_tenants_or_one(roots: Screen, order: Order, foreign_order: Order) -> None:
    assert {*export_order_ids(roots)} == {str(order.pk), str(foreign_order.pk)}
    assert export_order_ids(roots, tenant=foreign_order.tenant_id) == [str(foreign_order.pk)]


def test_the_journal_knows_of_the_export_before_it_is_read(sams: Screen, sam: User, order: Order) -> None:
    sams.open("orders_order_export", status__exact="PLACED", q="alice@example.com")
    (entry,) = list_export_events(order.tenant)
    assert (entry.actor_id, entry.entity_type, entry.entity_id) == (sam.pk, "ORDERS", None)
    assert entry.details == {"filters": {"status__exact": "PLACED", "search": "yes"}, "orders": 1}


def test_each_tenants_journal_tells_of_its_own_orders(
    sam: User, globex: Tenant, order: Order, foreign_order: Order
) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    OrderFactory.create(tenant=globex)
    export_order_ids(screen_of(sam))
    assert [[entry.details["orders"] for entry in list_export_events(tenant)] for tenant in (order.tenant, globex)] == [
        [1],
        [2],
    ]


def test_an_export_of_nothing_is_a_header_and_no_entry(sams: Screen, order: Order) -> None:
    before = snapshot()
    assert read_csv_text(sams.open("orders_order_export", status__exact="SHIPPED")) == export.format_csv_header()
    assert snapshot()["events_auditevent"] == before["events_auditevent"]


def test_a_customer_exports_nothing(alice: User, order: Order) -> None:
    browser = Client()
    browser.force_login(alice)
    before = snapshot()
    assert browser.get("/admin/orders/order/export/").headers["Location"].startswith("/admin/login/")
    with tenant_scope(order.tenant_id), pytest.raises(Forbidden):
        export_orders(orders=orders_of_tenant(order.tenant), filters={}, actor=acting(alice))
    assert snapshot()["events_auditevent"] == before["events_auditevent"]


@pytest.mark.parametrize("query", ["q=%00", "user__email__contains=a", "created_at__year=x", "o=x", "tenant=x"])
def test_an_odd_query_is_no_error_inside(sams: Screen, order: Order, query: str) -> None:
    assert sams.get(f"/admin/orders/order/export/?{query}").status_code in (200, 302, 400)


def test_each_order_comes_once_and_as_it_is_when_its_turn_comes(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, sam: User
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    older, *_ = (OrderFactory.create(tenant=acme, customer=CustomerFactory.create(tenant=acme)) for _ in range(5))
    with tenant_scope(acme.id):
        parts = export_orders(orders=orders_of_tenant(acme).filter(status="PLACED"), filters={}, actor=acting(sam))
    read = next(parts)
    screen_of(sam).press(older, "approve", reason="Paid in cash")
    OrderFactory.create(tenant=acme)
    read += [row for part in parts for row in part]
    assert len({row["id"] for row in read}) == len(read) == 5
    assert (read[-1]["id"], read[-1]["status"]) == (str(older.pk), "APPROVED")


def test_between_two_parts_nothing_is_open(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 1)
    for _ in range(3):
        OrderFactory.create(tenant=acme)
    with all_tenants(reason="an export of everything"):
        parts = export_orders(orders=orders_of_tenant(acme), filters={}, actor=SYSTEM)
    next(parts)
    with pytest.raises(NoTenantScope):
        Order.objects.count()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_cursors WHERE name LIKE '_django_curs%'")
            assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_whoever_leaves_half_way_leaves_nothing_behind(sams: Screen, acme: Tenant, order: Order) -> None:
    answer = sams.open("orders_order_export")
    beginning = next(iter(answer))
    answer.close()
    assert beginning.decode() == BOM + export.format_csv_header()
    assert sams.open("orders_order_changelist").status_code == 200


def test_an_export_costs_a_query_a_part(sams: Screen, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 3)
    for _ in range(6):
        OrderFactory.create(tenant=acme)
    answer = sams.open("orders_order_export")
    with CaptureQueriesContext(connection) as queries:
        assert len(rows_in(answer)) == 6
    assert len(queries) == 2


def test_only_staff_begin_an_export(in_acme: Tenant, order: Order) -> None:
    before = snapshot()
    with pytest.raises(Forbidden):
        export_orders(orders=orders_of_tenant(in_acme), filters={}, actor=Actor(user_id=order.user_id))
    assert snapshot() == before
