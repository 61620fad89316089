"""Moving an order along the state table. Edges call `payments.services.moving`, for the money has to follow."""

from contextlib import nullcontext
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, Invalid, LoginRequired, StaleVersion
from orders import states
from orders.errors import ChangedMeanwhile
from orders.history import story_of
from orders.models import MAX_REASON, Order
from orders.queries import order_for
from orders.states import TABLE, Command, PetMove, Status
from pets.models import Pet
from pets.services import adopt_pet, release_pet
from tenants.scoping import TenantOwned
from tenants.writing import PreparedUpdate


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
    if len(reason) > MAX_REASON:
        raise Invalid.field("reason", f"At most {MAX_REASON} characters.", "max_length")
    order = order_for(order_id, actor=actor)
    _require_role(command, actor)
    at = clock.now()
    _check_version(order, expected_version)
    target, move = states.target(order.status, command), TABLE[command].pet
    with nullcontext() if move is PetMove.STAYS else transaction.atomic():
        pet_change = _move_pet(order, move, at)
        previous = order.status
        order.status, order.updated_at = target, at
        story = story_of(order, previous=previous, pet_change=pet_change, actor=actor, reason=reason)
        _set_status(order, command, story, is_conditional=expected_version is not None)
    return order


def approve_order(*, order_id: UUID, actor: Actor, reason: str = "") -> Order:
    """Approve a PLACED order; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.APPROVE, actor=actor, reason=reason)


def _require_role(command: Command, actor: Actor) -> None:
    if not states.may(actor, command):
        raise Forbidden(f"Your role does not allow {command}.") if actor.is_authenticated else LoginRequired


def _check_version(order: Order, expected: int | None) -> None:
    if expected is not None and order.version != expected:
        raise StaleVersion


def _move_pet(order: Order, move: PetMove, at: datetime) -> tuple[str, str] | None:
    """Before the order itself, so that every use case locks the pet first."""
    if move is PetMove.ADOPTED:
        return adopt_pet(pet_id=order.pet_id, at=at)
    if move is PetMove.RELEASED and not _sold_again(order):
        return release_pet(pet_id=order.pet_id, at=at)
    return None


def _sold_again(order: Order) -> bool:
    """A pet that came back after delivery may have a new order; cancelling the old one must not free it."""
    if order.status != Status.DELIVERED:
        return False
    Pet.objects.select_for_update().get(pk=order.pet_id)  # no sale between this question and the release
    others = Order.objects.exclude(pk=order.pk).exclude(status=Status.CANCELLED)
    return bool(others.filter(pet_id=order.pet_id, id__gt=order.pk).exists())


def _set_status(order: Order, command: Command, story: tuple[TenantOwned, ...], *, is_conditional: bool) -> None:
    """The only line that changes an order's status: a compare-and-set on the version that was read, which writes
    the story of the step if and only if it succeeds."""
    values = {"order_id": order.pk, "version": order.version, "at": order.updated_at}
    if not _STEPS[command].execute_and_insert(*story, **values):
        raise StaleVersion if is_conditional else ChangedMeanwhile
    order.version += 1


def _step(command: Command) -> PreparedUpdate[Order]:
    row = TABLE[command]
    return PreparedUpdate(
        lambda order_id, version, **_: Order.objects.filter(pk=order_id, version=version, status__in=row.sources),
        lambda at, **_: {"status": row.target, "version": F("version") + 1, "updated_at": at},
        order_id=UUID,
        version=int,
        at=datetime,
    )


_STEPS = {command: _step(command) for command in Command}
