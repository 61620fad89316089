"""The revenue of each day is what its payments come to, however many are made and taken back at once."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Sum

from kernel import clock
from kernel.actor import SYSTEM
from orders.services.placement import place_order
from payments import integrity
from payments.models import DailyRevenue, Payment
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests import pristine
from tests.concurrency import run_together
from tests.factories import PetFactory
from tests.payments.paying import pay
from tests.transactions import logged_in_as_owner

CROWD = 12
OUTSIDE, TOO_MANY = (
    "Every payment that is kept is in the revenue of its day",
    "The revenue of a day has no payment too many",
)


def revenue(tenant: Tenant) -> dict[tuple[date, str], tuple[int, int]]:
    """How many payments, worth how many cents, by day and currency; without what comes to nothing."""
    with tenant_scope(tenant.id):
        rows = DailyRevenue.objects.values_list("day", "currency").annotate(Sum("payments"), Sum("cents"))
        return {(day, currency): (int(n), int(cents)) for day, currency, n, cents in rows if n or cents}


def wrong() -> list[str]:
    return [check.claim for check in integrity.run_payment_checks() if "revenue" in check.claim and check.broken]


def business(pet_id: UUID, tenant: Tenant) -> None:
    """A pet is paid for, given up, and sold to the next one."""
    with tenant_scope(tenant.id):
        first = place_order(pet_id=pet_id, actor=SYSTEM)
        pay(first)
        cancel_order(order_id=first.id, actor=SYSTEM)
        pay(place_order(pet_id=pet_id, actor=SYSTEM))


def busy(tenant: Tenant) -> dict[tuple[date, str], tuple[int, int]]:
    """What many at once leave in the revenue of the day, if nothing is lost."""
    pets = [pet.id for pet in PetFactory.create_batch(CROWD, tenant=tenant)]
    outcome = run_together([partial(business, pet_id, tenant) for pet_id in pets])
    assert outcome.errors == []
    with tenant_scope(tenant.id):
        days = set(Payment.objects.values_list("created_at__date", flat=True))
    assert len(days) == 1, "midnight came in between"
    return {(days.pop(), "USD"): (CROWD, CROWD * 15000)}


@pytest.mark.django_db(transaction=True)
def test_simultaneous_payments_and_refunds_are_all_in_the_revenue(acme: Tenant, globex: Tenant) -> None:
    assert busy(acme) == revenue(acme)
    assert wrong() == []
    assert revenue(globex) == {}


@pytest.fixture
def without() -> Iterator[Callable[[str], None]]:
    """Takes a trigger away, until the test is over."""
    is_postgres = connection.vendor == "postgresql"
    gone: list[str] = []

    def run(statement: str) -> None:
        with logged_in_as_owner(), connection.cursor() as cursor:
            cursor.execute(statement)

    def drop(trigger: str) -> None:
        run(f"ALTER TABLE payments_payment DISABLE TRIGGER {trigger}" if is_postgres else f"DROP TRIGGER {trigger}")
        gone.append(trigger)

    yield drop
    for trigger in gone if is_postgres else ():
        run(f"ALTER TABLE payments_payment ENABLE TRIGGER {trigger}")
    if not is_postgres:
        pristine.restore()


@pytest.mark.django_db(transaction=True)
def test_without_its_trigger_the_revenue_differs_and_verify_journal_says_so(
    acme: Tenant, without: Callable[[str], None]
) -> None:
    without("payments_payment_revenue_update")
    assert busy(acme) != revenue(acme)
    assert wrong() == [OUTSIDE]


@pytest.mark.django_db(transaction=True)
def test_revenue_that_nobody_paid_is_found(acme: Tenant) -> None:
    with tenant_scope(acme.id):
        DailyRevenue.objects.create(day=clock.now().date(), currency="USD", shard=0, payments=1, cents=1)
    assert wrong() == [TOO_MANY]


@pytest.mark.django_db
def test_the_revenue_is_written_after_the_tallies_of_orders_whoever_writes_first() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tginitdeferred FROM pg_trigger WHERE tgname LIKE 'payments_payment_revenue_%'")
        assert cursor.fetchall() == [(True,), (True,)]
