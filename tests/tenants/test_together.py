"""Writes that depend on one another happen together or not at all, on both databases."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django.forms import model_to_dict

from accounts.models import User
from database.units import touch_and_read, write_together
from database.updates import PreparedUpdate, Step
from events.models import Action, AuditEvent, EntityType, PendingEvent
from events.services import event_rows
from kernel import clock
from orders.models import Order
from orders.services.transitions import approval_of, lock_of
from pets.models import Pet
from tenants.scoping import ForeignTenantWrite
from tests.factories import OrderFactory, acting
from tests.snapshots import snapshot

pytestmark = pytest.mark.usefixtures("in_acme")

RENAME: PreparedUpdate[Pet] = PreparedUpdate(
    lambda pet_id, **_: Pet.objects.filter(pk=pet_id),
    lambda at, **_: {"version": F("version") + 1, "updated_at": at},
    pet_id=UUID,
    at=datetime,
)


@pytest.fixture
def order(rex: Pet, alice: User) -> Order:
    return OrderFactory.create(pet=rex, customer=alice)


def told(order: Order, sam: User, action: Action = Action.PAYMENT_SUCCEEDED) -> tuple[Any, ...]:
    return event_rows(action, entity_type=EntityType.PAYMENTS, entity_id=order.pk, actor=acting(sam), at=clock.now())


def steps(order: Order, sam: User) -> list[Step]:
    """The order is held, its pet touched, the order approved; with the approval goes one more event."""
    held = lock_of(order)
    approved = approval_of(order, actor=acting(sam), at=clock.now())
    touched = RENAME.step(pet_id=order.pet_id, at=clock.now())
    return [held, touched, approved._replace(rows=(*approved.rows, *told(order, sam)))]


def test_all_steps_are_taken_with_what_depends_on_them(order: Order, sam: User) -> None:
    seen = order.pet.version
    assert write_together(*steps(order, sam))
    stored = Order.objects.get(pk=order.pk)
    assert (stored.status, stored.version) == ("APPROVED", order.version)
    assert Pet.objects.get(pk=order.pet_id).version == seen + 1
    assert AuditEvent.objects.filter(entity_id=order.pk, action=Action.PAYMENT_SUCCEEDED).exists()


def test_what_a_step_touches_is_read_as_it_is_then(order: Order, sam: User) -> None:
    seen, at, event_and_task = order.pet.version, clock.now(), told(order, sam)
    pet = touch_and_read(RENAME.step(*event_and_task, pet_id=order.pet_id, at=at))
    stored = Pet.objects.get(pk=order.pet_id)
    assert model_to_dict(pet) == model_to_dict(stored)
    assert (pet.version, pet.updated_at) == (seen + 1, at)
    assert AuditEvent.objects.filter(pk=event_and_task[0].pk).exists()


def test_what_a_step_misses_is_not_read_and_nothing_is_written(order: Order, sam: User) -> None:
    event_and_task = told(order, sam)
    assert touch_and_read(RENAME.step(*event_and_task, pet_id=order.pk, at=clock.now())) is None
    assert not AuditEvent.objects.filter(pk=event_and_task[0].pk).exists()


@pytest.mark.parametrize("missed", [0, 1, 2])
def test_a_step_that_finds_no_row_undoes_them_all(order: Order, sam: User, missed: int) -> None:
    parts, before = steps(order, sam), snapshot()
    values = parts[missed].values | {"version": 99, "pet_id": order.pk}
    parts[missed] = parts[missed]._replace(values={name: values[name] for name in parts[missed].values})
    if missed == len(parts) - 1:
        parts = parts[-1:]  # on PostgreSQL what decides comes first
    assert not write_together(*parts)
    assert snapshot() == before


def test_rows_of_one_kind_are_written_in_their_order(order: Order, sam: User) -> None:
    entries = [told(order, sam, action) for action in (Action.PAYMENT_FAILED, Action.PAYMENT_SUCCEEDED) * 3]
    assert write_together(lock_of(order, *(row for pair in entries for row in pair)))
    written = PendingEvent.objects.filter(event__entity_id=order.pk, event__entity_type=EntityType.PAYMENTS)
    assert list(written.order_by("pk").values_list("event_id", flat=True)) == [event.id for event, _ in entries]


def test_a_lock_on_another_version_finds_nothing(order: Order, sam: User) -> None:
    before = snapshot()
    order.version += 1
    assert not write_together(lock_of(order, *told(order, sam)))
    assert snapshot() == before


def test_a_row_of_a_foreign_tenant_is_refused(order: Order, sam: User, mia: Pet) -> None:
    before, (event, pending) = snapshot(), told(order, sam)
    event.tenant_id = mia.tenant_id
    with pytest.raises(ForeignTenantWrite):
        write_together(lock_of(order, event, pending))
    assert snapshot() == before
