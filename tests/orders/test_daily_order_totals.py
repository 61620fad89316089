"""The daily totals are the sums of the orders, however many callers place and move them at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Sum

from kernel import clock
from kernel.actor import SYSTEM
from orders import integrity
from orders.imports import PastOrder, PastPet, PastStep, import_past
from orders.models import DailyOrderTotals, Order
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from pets.services.details import PetDetails
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests import pristine
from tests.concurrency import run_together
from tests.factories import OrderFactory, PetFactory
from tests.orders.moving import order_in
from tests.transactions import logged_in_as_owner

Lines = dict[tuple[date, str, str], tuple[int, int]]
NEW_YEAR = datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
CROWD = 12
LEFT_OUT, TOO_MANY = "Every order is in the totals of its day", "The totals of a day have no order too many"


def read_daily_totals(tenant: Tenant) -> Lines:
    """Return the number and cents of orders by day, status and currency, without those that add up to nothing."""
    with tenant_scope(tenant.id):
        rows = DailyOrderTotals.objects.values_list("day", "status", "currency").annotate(Sum("orders"), Sum("cents"))
        return {(day, status, currency): (int(n), int(cents)) for day, status, currency, n, cents in rows if n or cents}


def find_broken_claims() -> list[str]:
    """The claims about the tallies that do not hold."""
    return [check.claim for check in integrity.run_order_checks() if "totals" in check.claim and check.broken]


@pytest.mark.django_db
def test_an_order_stands_in_its_tenants_tally_once_wherever_it_goes(acme: Tenant, globex: Tenant) -> None:
    order, today = order_in(Status.PLACED, tenant=acme), clock.now().date()
    for command, status in ((Command.APPROVE, "APPROVED"), (Command.SHIP, "SHIPPED"), (Command.DELIVER, "DELIVERED")):
        with tenant_scope(acme.id):
            transition_order(order_id=order.id, command=command, actor=SYSTEM)
        assert read_daily_totals(acme) == {(today, status, "USD"): (1, 15000)}
    assert read_daily_totals(globex) == {}


@pytest.mark.django_db
def test_orders_of_different_days_currencies_and_prices_are_told_apart(acme: Tenant) -> None:
    orders = [
        OrderFactory.create(tenant=acme, pet__price=Decimal(price), pet__currency=currency)
        for price, currency in (("0.01", "USD"), ("9999999999.99", "USD"), ("2.50", "EUR"))
    ]
    with tenant_scope(acme.id):
        Order.objects.filter(pk=orders[0].pk).update(created_at=NEW_YEAR)
        Order.objects.filter(pk=orders[1].pk).update(created_at=NEW_YEAR + timedelta(seconds=1))
    assert read_daily_totals(acme) == {
        (date(2024, 12, 31), "PLACED", "USD"): (1, 1),
        (date(2025, 1, 1), "PLACED", "USD"): (1, 999_999_999_999),
        (clock.now().date(), "PLACED", "EUR"): (1, 250),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "cents"),
    [({"total_amount": Decimal("99.99")}, 9999), ({"created_at": NEW_YEAR - timedelta(hours=1)}, 15000)],
    ids=["price", "hour"],
)
def test_an_order_that_changes_within_its_line_stays_in_it(acme: Tenant, changed: dict[str, Any], cents: int) -> None:
    order = OrderFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        Order.objects.filter(pk=order.pk).update(created_at=NEW_YEAR)
        Order.objects.filter(pk=order.pk).update(**changed)
    assert read_daily_totals(acme) == {(NEW_YEAR.date(), "PLACED", "USD"): (1, cents)}


@pytest.mark.django_db
def test_a_past_that_is_brought_in_stands_where_it_ended(acme: Tenant) -> None:
    road = (Status.PLACED, Status.APPROVED, Status.SHIPPED)
    steps = tuple(PastStep(status=status, at=NEW_YEAR, by=SYSTEM) for status in road)
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(20))
    past = PastPet(details=details, arrived_at=NEW_YEAR, by=SYSTEM, orders=(PastOrder(customer_id=None, steps=steps),))
    with tenant_scope(acme.id):
        import_past([past] * 3)
    assert read_daily_totals(acme) == {(NEW_YEAR.date(), "SHIPPED", "USD"): (3, 6000)}
    assert find_broken_claims() == []


def business(pet_id: UUID, tenant: Tenant) -> None:
    """A pet is wanted, given up, and sold to the next one."""
    with tenant_scope(tenant.id):
        first = place_order(pet_id=pet_id, actor=SYSTEM)
        transition_order(order_id=first.id, command=Command.CANCEL, actor=SYSTEM)
        second = place_order(pet_id=pet_id, actor=SYSTEM)
        for command in (Command.APPROVE, Command.SHIP, Command.DELIVER):
            transition_order(order_id=second.id, command=command, actor=SYSTEM)


def do_business_at_once(tenant: Tenant) -> Lines:
    """Place and move orders at once; return the totals of the day if nothing is lost."""
    pets = [pet.id for pet in PetFactory.create_batch(CROWD, tenant=tenant)]
    outcome = run_together([partial(business, pet_id, tenant) for pet_id in pets])
    assert outcome.errors == []
    with all_tenants(reason="the test's orders, whenever they were placed"):
        days = set(Order.objects.values_list("created_at__date", flat=True))
    assert len(days) == 1, "midnight came in between"
    day = days.pop()
    return {(day, status, "USD"): (CROWD, CROWD * 15000) for status in ("CANCELLED", "DELIVERED")}


@pytest.mark.django_db(transaction=True)
def test_simultaneous_orders_and_steps_are_all_in_the_tally(acme: Tenant) -> None:
    assert do_business_at_once(acme) == read_daily_totals(acme)
    assert find_broken_claims() == []


@pytest.fixture
def without() -> Iterator[Callable[[str], None]]:
    """Takes a trigger away, until the test is over."""
    is_postgres = connection.vendor == "postgresql"

    def run(statement: str) -> None:
        with logged_in_as_owner(), connection.cursor() as cursor:
            cursor.execute(statement)

    gone: list[str] = []

    def drop(trigger: str) -> None:
        run(f"ALTER TABLE orders_order DISABLE TRIGGER {trigger}" if is_postgres else f"DROP TRIGGER {trigger}")
        gone.append(trigger)

    yield drop
    for trigger in gone if is_postgres else ():
        run(f"ALTER TABLE orders_order ENABLE TRIGGER {trigger}")
    if not is_postgres:
        pristine.restore()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("event", "claims"), [("placed", [TOO_MANY]), ("moved", [LEFT_OUT, TOO_MANY])])
def test_without_its_trigger_the_tally_differs_and_verify_journal_says_so(
    acme: Tenant, without: Callable[[str], None], event: str, claims: list[str]
) -> None:
    is_of_both = event == "placed" and connection.vendor == "postgresql"
    without("orders_order_totals" if is_of_both else f"orders_order_totals_{event}")
    assert do_business_at_once(acme) != read_daily_totals(acme)
    assert set(claims) <= set(find_broken_claims())
