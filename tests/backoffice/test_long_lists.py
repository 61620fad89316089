"""Lists that may be long: counted to a bound, in order, and drilled down to every day there may be rows of."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from kernel.actor import SYSTEM
from orders.imports import PastOrder, PastPet, PastStep, import_past
from orders.models import Order
from orders.states import Status
from pets.services.catalog import delete_pet
from pets.services.details import PetDetails
from petstore.interfaces.backoffice.framework import change_lists
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, rows_on, text_of
from tests.factories import OrderFactory, PetFactory

ORDERS = "orders_order_changelist"


def place_orders_at(tenant: Tenant, *moments: datetime) -> None:
    """An order of each moment, ids and all."""
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(150))
    for at in moments:
        step = PastStep(status=Status.PLACED, at=at, by=SYSTEM)
        past = PastPet(details=details, arrived_at=at, by=SYSTEM, orders=(PastOrder(customer_id=None, steps=(step,)),))
        with tenant_scope(tenant.id):
            import_past([past])


def noon_of_day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


def offered_dates(page: Page) -> list[str]:
    return [choice.title for choice in page.context["cl"].date_drill_down.choices]


@pytest.mark.parametrize(("orders", "shown"), [(3, "3 orders"), (4, "More than 3 orders")])
def test_a_list_is_counted_to_its_bound(
    acme: Tenant, sams: Screen, monkeypatch: pytest.MonkeyPatch, orders: int, shown: str
) -> None:
    monkeypatch.setattr(change_lists, "MAX_COUNTED", 3)
    OrderFactory.create_batch(orders, tenant=acme)
    page = sams.open(ORDERS)
    assert shown in " ".join(text_of(page).split())
    assert page.context["cl"].result_count == 3


def test_a_list_is_drilled_down_from_years_to_a_day(acme: Tenant, sams: Screen) -> None:
    place_orders_at(acme, noon_of_day(2023, 11, 29), noon_of_day(2024, 2, 27), noon_of_day(2024, 2, 28))
    page = sams.open(ORDERS)
    assert offered_dates(page) == ["2023", "2024"]
    for title, choices, rows in (
        ("2023", ["November 2023", "December 2023"], 1),
        ("November 2023", ["November 29", "November 30"], 1),
        ("November 29", ["November 29"], 1),
    ):
        link = next(each.link for each in page.context["cl"].date_drill_down.choices if each.title == title)
        page = sams.get(f"/admin/orders/order/{link}")
        assert (offered_dates(page), len(rows_on(page))) == (choices, rows)
    assert page.context["cl"].date_drill_down.back.title == "November 2023"


def test_an_only_month_is_drilled_down_at_once(acme: Tenant, sams: Screen) -> None:
    place_orders_at(acme, noon_of_day(2024, 2, 27), noon_of_day(2024, 2, 29))
    assert offered_dates(sams.open(ORDERS)) == ["February 27", "February 28", "February 29"]


def test_other_filters_stay_and_other_tenants_days_are_not_offered(
    acme: Tenant, globex: Tenant, sams: Screen, roots: Screen
) -> None:
    place_orders_at(acme, noon_of_day(2024, 2, 27), noon_of_day(2025, 2, 27))
    place_orders_at(globex, noon_of_day(2020, 1, 1))
    page = sams.open(ORDERS, status__exact="PLACED")
    assert [choice.link for choice in page.context["cl"].date_drill_down.choices] == [
        "?created_at__year=2024&status__exact=PLACED",
        "?created_at__year=2025&status__exact=PLACED",
    ]
    assert offered_dates(roots.open(ORDERS)) == [str(year) for year in range(2020, 2026)]


def test_an_empty_list_offers_no_days(sams: Screen) -> None:
    assert offered_dates(sams.open(ORDERS)) == []


@pytest.mark.parametrize("odd", ["created_at__year=0", "created_at__month=13", "created_at__day=x"])
def test_an_odd_part_of_a_date_is_no_error_inside(order: Order, sams: Screen, odd: str) -> None:
    year = "" if "year" in odd else "created_at__year=2026&"
    assert sams.get(f"/admin/orders/order/?{year}{odd}").status_code in (200, 302, 400)


def test_orders_of_all_tenants_are_in_order_of_age(acme: Tenant, globex: Tenant, sams: Screen, roots: Screen) -> None:
    place_orders_at(acme, noon_of_day(2024, 1, 1), noon_of_day(2024, 1, 3))
    place_orders_at(globex, noon_of_day(2024, 1, 2))
    assert [row.created_at.day for row in rows_on(roots.open(ORDERS))] == [3, 2, 1]
    assert [row.created_at.day for row in rows_on(sams.open(ORDERS))] == [3, 1]


@pytest.mark.as_owner
def test_the_journal_by_action_is_read_from_its_index(acme: Tenant, sams: Screen) -> None:
    OrderFactory.create_batch(60, tenant=acme)
    pet = PetFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        delete_pet(pet_id=pet.pk, actor=SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_auditevent")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    entries = sams.open("events_auditevent_changelist", action__exact="PET_DELETED").context["cl"].queryset
    with tenant_scope(acme.id):
        assert "event_newest_of_action" in entries[:50].explain()
        assert [entry.action for entry in entries] == ["PET_DELETED"]
