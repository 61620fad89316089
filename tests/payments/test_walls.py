"""What the database itself refuses of payments, and what the sandbox's books hold."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.ids import new_id
from orders.models import Order
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.port import Outcome
from payments.gateways.sandbox import Entry, EntryKind
from payments.models import Payment, SandboxEntry
from tenants.models import Tenant
from tests.concurrency import run_together
from tests.factories import OrderFactory
from tests.payments.paying import pay
from tests.snapshots import snapshot


@pytest.mark.parametrize("column", ["amount", "currency", "order_id"])
def test_what_was_to_be_paid_never_changes(in_acme: Tenant, order: Order, column: str) -> None:
    payment = pay(order)
    other = {"amount": Decimal(1), "currency": "EUR", "order_id": OrderFactory.create(tenant=in_acme).id}[column]
    before = snapshot()
    with pytest.raises(IntegrityError, match="same_money"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**{column: other})
    assert snapshot() == before


def test_an_order_has_one_live_payment_at_most(in_acme: Tenant, order: Order) -> None:
    payment = pay(order)
    payment.id = new_id()
    before = snapshot()
    with pytest.raises(IntegrityError), transaction.atomic():
        payment.save(force_insert=True)
    assert snapshot() == before


def _entry(reference: str, key: str = "key-1") -> Entry:
    return Entry(key, EntryKind.CHARGE, Outcome.SUCCEEDED, reference, Decimal("150.00"), "USD")


def test_the_first_entry_of_a_key_stays(db: None) -> None:
    books = DatabaseLedger()
    assert books.find_entry("key-1") is None
    assert (
        books.record_entry(_entry("first"))
        == books.record_entry(_entry("second"))
        == books.find_entry("key-1")
        == _entry("first")
    )


@pytest.mark.django_db(transaction=True)
def test_of_many_entries_of_a_key_one_is_written() -> None:
    outcome = run_together([lambda: DatabaseLedger().record_entry(_entry(new_id().hex))] * 10)
    assert outcome.errors == []
    assert {entry.reference for entry in outcome.results} == {SandboxEntry.objects.get().reference}


@pytest.mark.django_db(transaction=True)
def test_only_the_bank_need_not_wait_for_the_disk() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such choice for one transaction")
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # in the tests' database nothing waits
        cursor.execute("SHOW synchronous_commit")
        before = cursor.fetchone()
        DatabaseLedger().record_entry(_entry("first"))
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == before == ("on",)
        cursor.execute("RESET synchronous_commit")


@pytest.mark.django_db(transaction=True)
def test_the_bank_does_not_wait_for_a_transaction_of_ours() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        DatabaseLedger().record_entry(_entry("inside"))
    assert not SandboxEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_pays_inside_a_transaction(order: Order) -> None:
    before = snapshot()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        pay(order)
    assert snapshot() == before
