"""Writes that depend on one another happen together or not at all, on both databases."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F, QuerySet
from django.forms import model_to_dict

from accounts.models import User
from database import compiled_update, unit_of_work
from events.models import Action, AuditEvent, EntityType, PendingEvent
from events.services import build_event_rows
from kernel import clock
from orders.models import Order
from orders.services.transitions import add_approval, order_as_read
from pets.models import Pet
from tenants.scoping import ForeignTenantWrite
from tests.factories import OrderFactory, acting
from tests.snapshots import snapshot

pytestmark = pytest.mark.usefixtures("in_acme")


@compiled_update
def touched_pet(pet_id: UUID, at: datetime) -> tuple[QuerySet[Any, Pet], dict[str, Any]]:
    return Pet.objects.filter(pk=pet_id), {"version": F("version") + 1, "updated_at": at}


@compiled_update
def changed_pet(pet_id: UUID, **columns: Any) -> tuple[QuerySet[Any, Pet], dict[str, Any]]:
    return Pet.objects.filter(pk=pet_id), columns


@pytest.fixture
def order(rex: Pet, alice: User) -> Order:
    return OrderFactory.create(pet=rex, customer=alice)


def payment_event(order: Order, sam: User, action: Action = Action.PAYMENT_SUCCEEDED) -> tuple[Any, ...]:
    return build_event_rows(
        action, entity_type=EntityType.PAYMENTS, entity_id=order.pk, actor=acting(sam), at=clock.now()
    )


def test_all_steps_are_taken_with_what_depends_on_them(order: Order, sam: User) -> None:
    seen = order.pet.version
    with unit_of_work() as unit:
        unit.lock(order_as_read(order.pk, order.version))
        unit.update(touched_pet(order.pet_id, clock.now()))
        add_approval(unit, order, actor=acting(sam), at=clock.now())
        unit.insert(*payment_event(order, sam))
    assert unit.is_written
    stored = Order.objects.get(pk=order.pk)
    assert (stored.status, stored.version) == ("APPROVED", order.version)
    assert Pet.objects.get(pk=order.pet_id).version == seen + 1
    assert AuditEvent.objects.filter(entity_id=order.pk, action=Action.PAYMENT_SUCCEEDED).exists()


def test_what_a_step_touches_is_read_as_it_is_then(order: Order, sam: User) -> None:
    seen, at, event_and_task = order.pet.version, clock.now(), payment_event(order, sam)
    with unit_of_work() as unit:
        pet = unit.update_returning(touched_pet(order.pet_id, at))
        unit.insert(*event_and_task)
    stored = Pet.objects.get(pk=order.pet_id)
    assert pet.row is not None
    assert model_to_dict(pet.row) == model_to_dict(stored)
    assert (pet.row.version, pet.row.updated_at) == (seen + 1, at)
    assert AuditEvent.objects.filter(pk=event_and_task[0].pk).exists()


def test_every_step_can_give_its_row_back(order: Order) -> None:
    with unit_of_work() as unit:
        held = unit.lock_returning(order_as_read(order.pk, order.version))
        pet = unit.update_returning(touched_pet(order.pet_id, clock.now()))
    assert (held.row, pet.row) == (order, order.pet)


def test_what_a_step_misses_is_not_read_and_nothing_is_written(order: Order, sam: User) -> None:
    event_and_task = payment_event(order, sam)
    with unit_of_work() as unit:
        pet = unit.update_returning(touched_pet(order.pk, clock.now()))
        unit.insert(*event_and_task)
    assert not unit.is_written
    assert pet.row is None
    assert not AuditEvent.objects.filter(pk=event_and_task[0].pk).exists()


@pytest.mark.parametrize("missed", ["lock", "update", "approval"])
def test_a_step_that_finds_no_row_undoes_them_all(order: Order, sam: User, missed: str) -> None:
    before, version = snapshot(), order.version
    with unit_of_work() as unit:
        if missed != "approval":  # on PostgreSQL what decides comes first
            unit.lock(order_as_read(order.pk, 99 if missed == "lock" else version))
            unit.update(touched_pet(order.pk if missed == "update" else order.pet_id, clock.now()))
        order.version = 99 if missed == "approval" else version
        add_approval(unit, order, actor=acting(sam), at=clock.now())
        unit.insert(*payment_event(order, sam))
    assert not unit.is_written
    assert snapshot() == before


def test_rows_of_one_kind_are_written_in_their_order(order: Order, sam: User) -> None:
    pairs = [payment_event(order, sam, action) for action in (Action.PAYMENT_FAILED, Action.PAYMENT_SUCCEEDED) * 3]
    with unit_of_work() as unit:
        unit.lock(order_as_read(order.pk, order.version))
        unit.insert(*(row for pair in pairs for row in pair))
    assert unit.is_written
    written = PendingEvent.objects.filter(event__entity_id=order.pk, event__entity_type=EntityType.PAYMENTS)
    assert list(written.order_by("pk").values_list("event_id", flat=True)) == [event.id for event, _ in pairs]


def test_a_lock_on_another_version_finds_nothing(order: Order, sam: User) -> None:
    before = snapshot()
    with unit_of_work() as unit:
        unit.lock(order_as_read(order.pk, order.version + 1))
        unit.insert(*payment_event(order, sam))
    assert not unit.is_written
    assert snapshot() == before


def test_a_row_of_a_foreign_tenant_is_refused(order: Order, sam: User, mia: Pet) -> None:
    before, (event, pending) = snapshot(), payment_event(order, sam)
    event.tenant_id = mia.tenant_id
    unit = unit_of_work()
    unit.lock(order_as_read(order.pk, order.version))
    with pytest.raises(ForeignTenantWrite), unit:
        unit.insert(event, pending)
    assert snapshot() == before


def test_an_exception_in_the_block_writes_nothing(order: Order, sam: User) -> None:
    before = snapshot()
    unit = unit_of_work()
    unit.update(touched_pet(order.pet_id, clock.now()))
    unit.insert(*payment_event(order, sam))
    with pytest.raises(LookupError), unit:
        raise LookupError
    assert not unit.is_written
    assert snapshot() == before


def test_new_rows_come_after_what_they_depend_on(order: Order, sam: User) -> None:
    unit = unit_of_work()
    unit.insert(*payment_event(order, sam))
    with pytest.raises(RuntimeError):
        unit.update(touched_pet(order.pet_id, clock.now()))


def test_a_durable_unit_is_refused_inside_a_transaction(order: Order) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(), unit_of_work(durable=True) as unit:
        unit.update(touched_pet(order.pet_id, clock.now()))


def test_each_set_of_columns_is_an_update_of_its_own(rex: Pet) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"name": "Max", "good_with_kids": None},
        {"name": "Bo"},
        {"age_months": 7, "name": "Leo"},
    )
    for columns in changes:
        with unit_of_work() as unit:
            unit.update(changed_pet(rex.pk, **columns))
        assert unit.is_written
        assert Pet.objects.filter(pk=rex.pk, **columns).exists()
