"""Every command in every status, as the contract's section States tells it (guarantees, G3)."""

from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from events.models import Action, AuditEvent, PendingEvent
from kernel.actor import SYSTEM, Actor
from kernel.errors import Invalid
from orders.errors import IllegalTransition
from orders.models import Order, OrderTransition
from orders.services.transitions import transition_order
from orders.states import Command, Status, allowed_steps
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import TenantOwned
from tests.orders.moving import close_table, order_in
from tests.snapshots import snapshot

Cell = tuple[Command, Status]

CONTRACT: dict[Cell, tuple[Status, str, Action]] = {
    (Command.APPROVE, Status.PLACED): (Status.APPROVED, "PENDING", Action.ORDER_STATUS_CHANGED),
    (Command.SHIP, Status.APPROVED): (Status.SHIPPED, "PENDING", Action.ORDER_STATUS_CHANGED),
    (Command.DELIVER, Status.SHIPPED): (Status.DELIVERED, "ADOPTED", Action.ORDER_STATUS_CHANGED),
    (Command.CANCEL, Status.PLACED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
    (Command.CANCEL, Status.APPROVED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
    (Command.FORCE_CANCEL, Status.PLACED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
    (Command.FORCE_CANCEL, Status.APPROVED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
    (Command.FORCE_CANCEL, Status.SHIPPED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
    (Command.FORCE_CANCEL, Status.DELIVERED): (Status.CANCELLED, "AVAILABLE", Action.ORDER_CANCELLED),
}
"""What is allowed, and where order, pet and journal stand afterwards. Everything else is refused."""


@pytest.mark.parametrize("cell", [*product(Command, Status)], ids=lambda cell: f"{cell[0]} when {cell[1]}")
def test_a_command_does_what_the_contract_says_or_changes_nothing(in_acme: Tenant, cell: Cell) -> None:
    order = order_in(cell[1], tenant=in_acme)
    if cell in CONTRACT:
        _assert_moves(order, cell)
    else:
        _assert_refused(order, cell[0])


def _assert_moves(order: Order, cell: Cell) -> None:
    status, pet_status, action = CONTRACT[cell]
    steps, events, pending = (_name_pairs(model) for model in _TRACES)
    moved = transition_order(order_id=order.id, command=cell[0], actor=SYSTEM, reason="as agreed")
    stored = Order.objects.select_related("pet").get(pk=order.id)
    assert (moved.status, moved.version) == (stored.status, stored.version) == (status, order.version + 1)
    assert (stored.pet.status, stored.pet.is_held) == (pet_status, pet_status == "PENDING")
    (step,) = OrderTransition.objects.exclude(pk__in=steps)
    (event,) = AuditEvent.objects.exclude(pk__in=events)
    (to_do,) = PendingEvent.objects.exclude(pk__in=pending)
    assert (step.order_id, step.from_status, step.to_status) == (order.id, cell[1], status)
    assert (step.by, step.reason, step.at) == ("system", "as agreed", stored.updated_at)
    assert (event.action, event.entity_id, to_do.event_id) == (action, order.id, event.id)
    assert event.details["changes"] == {"status": [cell[1], status]}
    assert event.details.get("pet") == _pet_change(order.pet, pet_status)


def _assert_refused(order: Order, command: Command) -> None:
    before = snapshot()
    with pytest.raises(IllegalTransition):
        transition_order(order_id=order.id, command=command, actor=SYSTEM)
    assert snapshot() == before


def _name_pairs(model: type[TenantOwned]) -> set[Any]:
    return set(model.objects.values_list("pk", flat=True))


def _pet_change(pet: Pet, status: str) -> dict[str, object] | None:
    return None if pet.status == status else {"id": str(pet.id), "status": [pet.status, status]}


_TRACES = (OrderTransition, AuditEvent, PendingEvent)


@pytest.mark.parametrize("pair", [*product(Status, Status)], ids=" to ".join)
def test_the_database_knows_the_same_steps_as_the_table(in_acme: Tenant, pair: tuple[Status, Status]) -> None:
    order = order_in(pair[0], tenant=in_acme)
    assert _database_takes(order, pair[1]) == (pair in allowed_steps() or pair[0] == pair[1])


def test_the_database_takes_no_status_that_the_table_does_not_name(in_acme: Tenant) -> None:
    assert not _database_takes(order_in(Status.PLACED, tenant=in_acme), "LOST")


def _database_takes(order: Order, status: str) -> bool:
    """Try it past all of our code; a step within the table moves exactly one row."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE orders_order SET status = %s WHERE status = %s", [status, order.status])
            return bool(cursor.rowcount == 1)
    except IntegrityError:
        return False


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET tenant_id = tenant_id, id = id"])
def test_nobody_rewrites_the_history_of_an_order(in_acme: Tenant, statement: str) -> None:
    order_in(Status.CANCELLED, tenant=in_acme)
    before = snapshot()
    _assert_database_refuses(statement.format("orders_ordertransition"))
    assert snapshot() == before


@pytest.mark.parametrize("status", Status)
def test_the_database_deletes_no_order(in_acme: Tenant, status: Status) -> None:
    order_in(status, tenant=in_acme)
    before = snapshot()
    _assert_database_refuses("DELETE FROM orders_order")
    assert snapshot() == before


def _assert_database_refuses(statement: str) -> None:
    """By a trigger or, where roles have rights, by these."""
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.as_owner
@pytest.mark.parametrize("table", ["orders_ordertransition", "events_auditevent", "events_pendingevent"])
def test_a_step_that_cannot_be_recorded_does_not_happen(in_acme: Tenant, table: str) -> None:
    order = order_in(Status.SHIPPED, tenant=in_acme)
    close_table(table)
    before = snapshot()
    with pytest.raises(DatabaseError):
        transition_order(order_id=order.id, command=Command.DELIVER, actor=SYSTEM)
    assert snapshot() == before


def test_a_reason_longer_than_the_history_holds_is_refused(in_acme: Tenant) -> None:
    order = order_in(Status.PLACED, tenant=in_acme)
    before = snapshot()
    with pytest.raises(Invalid):
        transition_order(order_id=order.id, command=Command.CANCEL, actor=Actor(), reason="x" * 501)
    assert snapshot() == before
