import os
import pty
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management.base import CommandError

from kernel.actor import SYSTEM
from orders.models import Order, OrderTransition
from orders.services.transitions import approve_order
from orders.states import Status
from payments.expiry import expire_order
from payments.gateways.sandbox import DECLINED_CARD, SILENT_CARD
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run
from tests.factories import OrderFactory
from tests.payments.paying import pay, refunded, stored
from tests.snapshots import snapshot


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(tenant=acme)


def _fresh(order: Order) -> Order:
    with tenant_scope(order.tenant_id):
        found: Order = Order.objects.get(pk=order.pk)
    return found


def _reasons(order: Order) -> list[str]:
    with tenant_scope(order.tenant_id):
        return list(OrderTransition.objects.filter(order=order).values_list("reason", flat=True))


def test_transition_order_moves_an_order_of_any_tenant(run: Run, order: Order) -> None:
    run("transition_order", str(order.id), "approved", "--reason", "Paid in cash.")
    assert _fresh(order).status == Status.APPROVED
    assert _reasons(order) == ["", "Paid in cash."]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal at which the command runs; what is written here was typed there."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        yield ours
    os.close(ours)


def test_transition_order_asks_at_a_terminal_why_an_unpaid_order_goes_on(run: Run, order: Order, terminal: int) -> None:
    os.write(terminal, b"Paid in cash.\n")
    run("transition_order", str(order.id), "approved")
    assert _reasons(order) == ["", "Paid in cash."]


@pytest.mark.parametrize("typed", [b"\n", b"  \n", b"\x04"])
def test_transition_order_moves_no_unpaid_order_for_somebody_who_gives_no_reason(
    run: Run, order: Order, terminal: int, typed: bytes
) -> None:
    os.write(terminal, typed)
    with pytest.raises(CommandError, match=r"give a reason|No reason"):
        run("transition_order", str(order.id), "approved")
    assert _fresh(order).version == 1


@pytest.mark.parametrize("status", ["PLACED", "SHIPPED", "DELIVERED"])
def test_transition_order_refuses_what_the_table_does_not_know(run: Run, order: Order, status: str) -> None:
    with pytest.raises(CommandError, match=r"cannot become|can become"):
        run("transition_order", str(order.id), status)
    assert _fresh(order).version == 1


def test_transition_order_does_not_cancel_what_is_shipped(run: Run, order: Order) -> None:
    for status in ("APPROVED", "SHIPPED"):
        run("transition_order", str(order.id), status)
    with pytest.raises(CommandError, match="cannot become CANCELLED"):
        run("transition_order", str(order.id), "CANCELLED")
    assert _fresh(order).status == Status.SHIPPED


@pytest.mark.django_db
def test_transition_order_does_not_find_an_unknown_order(run: Run) -> None:
    with pytest.raises(CommandError, match="no such order"):
        run("transition_order", str(uuid4()), "APPROVED")


def test_expire_orders_cancels_an_unpaid_order_and_frees_its_pet(run: Run, order: Order) -> None:
    assert run("expire_orders", "--older-than", "1h") == "0 orders cancelled.\n"
    _age(order)
    assert run("expire_orders", "--older-than", "24h") == "1 orders cancelled.\n"
    assert _fresh(order).status == Status.CANCELLED
    with tenant_scope(order.tenant_id):
        assert Pet.objects.get(pk=order.pet_id).status == Pet.Status.AVAILABLE


def test_expire_orders_leaves_paid_and_young_orders_alone(run: Run, order: Order, globex: Tenant) -> None:
    young = OrderFactory.create(tenant=globex)
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM)
    _age(order)
    run("expire_orders", "--older-than", "24h")
    assert (_fresh(order).status, _fresh(young).status) == (Status.APPROVED, Status.PLACED)


def test_expire_orders_only_tells_in_a_dry_run(run: Run, order: Order) -> None:
    _age(order)
    assert str(order.id) in run("expire_orders", "--dry-run")
    assert _fresh(order).status == Status.PLACED


def test_an_order_that_is_paid_meanwhile_does_not_expire(order: Order) -> None:
    stale = _fresh(order)
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM)
    assert expire_order(stale) is False
    assert _fresh(order).status == Status.APPROVED


def test_expire_orders_leaves_an_order_alone_whose_payment_is_under_way(run: Run, order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    _age(order)
    assert run("expire_orders", "--dry-run") == "0 orders would be cancelled.\n"
    assert run("expire_orders", "--older-than", "24h") == "0 orders cancelled.\n"
    assert (_fresh(order).status, stored(payment).status) == (Status.PLACED, "PROCESSING")


def test_an_order_that_somebody_begins_to_pay_meanwhile_does_not_expire(order: Order) -> None:
    stale = _fresh(order)
    payment = pay(order, SILENT_CARD)
    before = snapshot()
    assert expire_order(stale) is False
    assert snapshot() == before
    assert stored(payment).status == "PROCESSING"


def test_an_order_whose_payment_was_declined_expires(run: Run, order: Order) -> None:
    pay(order, DECLINED_CARD)
    _age(order)
    assert run("expire_orders", "--older-than", "24h") == "1 orders cancelled.\n"


def test_transition_order_gives_the_money_of_a_cancelled_order_back(run: Run, order: Order) -> None:
    payment = pay(order)
    run("transition_order", str(order.id), "CANCELLED")
    assert (stored(payment).status, refunded()) == ("REFUNDED", 1)


def _age(order: Order) -> None:
    """Two days older; the clock cannot be turned, the row can."""
    with tenant_scope(order.tenant_id):
        Order.objects.filter(pk=order.pk).update(created_at=order.created_at - timedelta(days=2))
