"""Order transitions along the state table. Interfaces call `payments.services.order_transitions`: the money follows."""

from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from database import compiled_query, compiled_update, unit_of_work
from kernel import clock
from kernel.actor import Actor, Permission
from kernel.errors import Forbidden, LoginRequired, StaleVersion
from kernel.text import check_reason_text
from orders import states
from orders.errors import ChangedMeanwhile
from orders.history import advance_order, audit_rows
from orders.models import Order
from orders.queries import get_order
from orders.states import TRANSITIONS, Command, PetEffect, Status
from pets.models import Pet
from pets.services.reservations import ADOPTABLE, RELEASABLE, adoption_of, locked_pet, release_of


def transition_order(
    *, order_id: UUID, command: Command, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Order:
    """Move an order one step along the state table; the pet follows.

    Args:
        reason: a sentence for the history, at most 500 characters.
        expected_version: the version that the caller saw, from If-Match.

    Raises:
        OrderNotFound, NotYourOrder, LoginRequired, Forbidden
        IllegalTransition: the table has no such step from where the order stands.
        StaleVersion: the order has changed since.
    """
    check_reason_text(reason)
    order = get_order(order_id, actor=actor)
    _require_command_role(command, actor)
    _require_seen_version(order, expected_version)
    states.next_status(order.status, command)
    at = clock.now()
    with nullcontext() if TRANSITIONS[command].pet is PetEffect.STAYS else transaction.atomic():
        pet_change = _find_pet_change(order, TRANSITIONS[command].pet)
        with unit_of_work() as unit:
            _assign_order_status(unit, order, command, pet_change=pet_change, actor=actor, reason=reason, at=at)
            if pet_change:
                unit.update(_PET_UPDATES[TRANSITIONS[command].pet](order.pet_id, at))
        if not unit.is_written:
            raise ChangedMeanwhile if expected_version is None else StaleVersion
    return order


def add_approval(unit: unit_of_work, order: Order, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Approve the order as it was read, as a step of a unit of work; it is APPROVED afterwards.

    Raises:
        IllegalTransition: it is not PLACED.
    """
    _require_command_role(Command.APPROVE, actor)
    _assign_order_status(unit, order, Command.APPROVE, pet_change=None, actor=actor, reason=reason, at=at)


@compiled_query
def order_as_read(order_id: UUID, version: int) -> QuerySet[Any, Order]:
    """Lock an order, if it is as it was read."""
    return Order.objects.select_for_update().order_by().filter(pk=order_id, version=version)


def approve_order(*, order_id: UUID, actor: Actor, reason: str = "") -> Order:
    """Approve a PLACED order; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.APPROVE, actor=actor, reason=reason)


def _require_command_role(command: Command, actor: Actor) -> None:
    if not states.may_perform(actor, command):
        actor.require_staff_permission(Permission.CHANGE_ORDERS)
        raise Forbidden(f"Your role does not allow {command}.") if actor.is_authenticated else LoginRequired


def _require_seen_version(order: Order, expected: int | None) -> None:
    if expected is not None and order.version != expected:
        raise StaleVersion


def _find_pet_change(order: Order, move: PetEffect) -> tuple[str, str] | None:
    """Lock the pet, before the order as every use case does, and return its old and new status if it follows."""
    if move is PetEffect.STAYS:
        return None
    status = locked_pet(order.pet_id).get().status
    if move is PetEffect.ADOPTED:
        return (status, Pet.Status.ADOPTED) if status in ADOPTABLE else None
    return (status, Pet.Status.AVAILABLE) if status in RELEASABLE and not _is_sold_again(order) else None


def _is_sold_again(order: Order) -> bool:
    """Say whether a pet that came back after delivery has a new order; cancelling the old one must not free it."""
    if order.status != Status.DELIVERED:
        return False
    others = Order.objects.exclude(pk=order.pk).exclude(status=Status.CANCELLED)
    return bool(others.filter(pet_id=order.pet_id, id__gt=order.pk).exists())


def _assign_order_status(  # noqa: PLR0913  # the parts of a step
    unit: unit_of_work,
    order: Order,
    command: Command,
    *,
    pet_change: tuple[str, str] | None,
    actor: Actor,
    reason: str,
    at: datetime,
) -> None:
    """Change an order's status, by compare-and-set on the version that was read, and record the step.

    No other function does. The caller gives the order up where the unit was not written.
    """
    version, status = order.version, states.next_status(order.status, command)
    previous = advance_order(order, status, at)
    unit.update(_changed_status_of(order.pk, version, at, command=command))
    unit.insert(*audit_rows(order, previous=previous, pet_change=pet_change, actor=actor, reason=reason))


@compiled_update
def _changed_status_of(
    order_id: UUID, version: int, at: datetime, *, command: Command
) -> tuple[QuerySet[Any, Order], dict[str, Any]]:
    row = TRANSITIONS[command]
    seen = Order.objects.filter(pk=order_id, version=version, status__in=row.sources)
    return seen, {"status": row.target, "version": F("version") + 1, "updated_at": at}


_PET_UPDATES = {PetEffect.ADOPTED: adoption_of, PetEffect.RELEASED: release_of}
