"""Order transitions along the state table. Interfaces call `payments.services.order_transitions`: the money follows."""

from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from database.units import write_together
from database.updates import PreparedLock, PreparedUpdate, Step
from kernel import clock
from kernel.actor import Actor, Permission
from kernel.errors import Forbidden, LoginRequired, StaleVersion
from kernel.text import check_reason
from orders import states
from orders.errors import ChangedMeanwhile
from orders.history import story_of
from orders.models import Order, OrderQuerySet
from orders.queries import order_for
from orders.states import TABLE, Command, PetMove, Status
from pets.models import Pet
from pets.services import adopt_pet, release_pet
from tenants.scoping import TenantOwned


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
    check_reason(reason)
    order = order_for(order_id, actor=actor)
    _require_role(command, actor)
    at = clock.now()
    _check_version(order, expected_version)
    states.target(order.status, command)
    move = TABLE[command].pet
    with nullcontext() if move is PetMove.STAYS else transaction.atomic():
        pet_change = _move_pet(order, move, at)
        step = _moved(order, command, pet_change=pet_change, actor=actor, reason=reason, at=at)
        if not write_together(step):
            raise ChangedMeanwhile if expected_version is None else StaleVersion
    return order


def approval_of(order: Order, *, actor: Actor, at: datetime, reason: str = "") -> Step:
    """Approving the order as it was read, as a step of a larger write (`database.units`); it is APPROVED afterwards.

    Raises:
        IllegalTransition: it is not PLACED.
    """
    _require_role(Command.APPROVE, actor)
    return _moved(order, Command.APPROVE, pet_change=None, actor=actor, reason=reason, at=at)


def lock_of(order: Order, *rows: TenantOwned) -> Step:
    """Holding the order, if it is as it was read, as a step of a larger write; the new rows depend on it."""
    return _AS_READ.step(*rows, order_id=order.pk, version=order.version)


def lock_own(
    *rows: TenantOwned, order_id: UUID, customer_id: UUID, status: Status, amount: Decimal, currency: str
) -> Step:
    """Holding an order of the customer's own, if it stands and costs as given, as a step of a larger write."""
    return _OWN.step(*rows, order_id=order_id, customer_id=customer_id, status=status, amount=amount, currency=currency)


def approve_order(*, order_id: UUID, actor: Actor, reason: str = "") -> Order:
    """Approve a PLACED order; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.APPROVE, actor=actor, reason=reason)


def _require_role(command: Command, actor: Actor) -> None:
    if not states.may(actor, command):
        actor.require_staff_permission(Permission.CHANGE_ORDERS)
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


def _moved(  # noqa: PLR0913  # the parts of a story
    order: Order, command: Command, *, pet_change: tuple[str, str] | None, actor: Actor, reason: str, at: datetime
) -> Step:
    """The only line that changes an order's status: a compare-and-set on the version that was read, with the story of
    the step. Whoever writes it gives the order up if it fails."""
    previous, version = order.status, order.version
    order.status, order.updated_at, order.version = states.target(previous, command), at, version + 1
    story = story_of(order, previous=previous, pet_change=pet_change, actor=actor, reason=reason)
    return _STEPS[command].step(*story, order_id=order.pk, version=version, at=at)


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
_AS_READ: PreparedLock[Order] = PreparedLock(
    lambda order_id, version: Order.objects.order_by().filter(pk=order_id, version=version), order_id=UUID, version=int
)


def _own(order_id: UUID, customer_id: UUID, status: str, amount: Decimal, currency: str) -> OrderQuerySet:
    own: OrderQuerySet = Order.objects.for_customer(customer_id).order_by()
    return own.filter(pk=order_id, status=status, total_amount=amount, currency=currency)


_OWN: PreparedLock[Order] = PreparedLock(
    _own, order_id=UUID, customer_id=UUID, status=str, amount=Decimal, currency=str
)
