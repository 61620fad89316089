from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from events.hash_chain import seal_pending_events
from events.models import AuditEvent
from kernel.actor import SYSTEM
from orders.models import Order, OrderTransition
from orders.services.transitions import transition_order
from orders.states import Command
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run
from tests.factories import OrderFactory, PetFactory

pytestmark = pytest.mark.as_owner


@pytest.fixture
def order(acme: Tenant) -> Order:
    """An approved order, its events sealed."""
    order = OrderFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        transition_order(order_id=order.id, command=Command.APPROVE, actor=SYSTEM)
    seal_pending_events()
    return order


def _complaint() -> str:
    out = StringIO()
    with pytest.raises(CommandError, match="found disagreements"):
        call_command("verify_journal", stdout=out)
    return out.getvalue()


def _without_triggers(statement: str, *values: str) -> None:
    """What only somebody with the keys to the database can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement, values)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = origin")


def test_an_honest_store_agrees(run: Run, order: Order) -> None:
    assert " checks agree." in run("verify_journal")


def test_an_order_that_was_moved_by_hand_is_found(run: Run, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        Order.objects.filter(pk=order.pk).update(status="SHIPPED")
    assert f"wrong Every order stands where its history ends\n  {order.id}" in _complaint()


def test_a_step_that_the_table_does_not_know_is_found(run: Run, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        OrderTransition(order=order, from_status="PLACED", to_status="DELIVERED", by="system").save()
    complaint = _complaint()
    assert f"wrong Every history is a walk along the state table\n  {order.id}" in complaint
    assert f"wrong Every step has its event\n  {order.id}" in complaint


def test_an_event_that_no_step_explains_is_found(run: Run, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        details = {"order": {"status": "SHIPPED"}}
        AuditEvent(action="ORDER_STATUS_CHANGED", entity_type="ORDERS", entity_id=order.id, details=details).save()
    assert f"wrong Every event of an order has its step\n  {order.id}" in _complaint()


def test_a_step_that_is_told_twice_is_found(run: Run, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        details = {"order": {"status": "APPROVED"}}
        AuditEvent(action="ORDER_STATUS_CHANGED", entity_type="ORDERS", entity_id=order.id, details=details).save()
    assert f"wrong No step is told twice\n  {order.id}" in _complaint()


def test_a_pet_that_was_let_go_by_hand_is_found(run: Run, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        Pet.objects.filter(pk=order.pet_id).update(is_held=False, status="AVAILABLE")
    assert f"wrong Every open order holds its pet\n  {order.pet_id}" in _complaint()


def test_an_event_that_was_rewritten_breaks_the_chain(run: Run, order: Order) -> None:
    _without_triggers(
        "UPDATE events_auditevent SET request_id = %s WHERE action = %s", "forged", "ORDER_STATUS_CHANGED"
    )
    assert "wrong The hash chain is whole" in _complaint()


def test_a_pet_that_is_held_for_nobody_is_found(run: Run, acme: Tenant) -> None:
    pet = PetFactory.create(tenant=acme)
    with tenant_scope(acme.id):
        Pet.objects.filter(pk=pet.pk).update(is_held=True, status="PENDING")
    assert f"wrong Every pet that is held has an open order\n  {pet.pk}" in _complaint()
