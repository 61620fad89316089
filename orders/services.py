"""The use cases of orders. Every edge calls these; nothing else writes an order."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.queries import customer_exists
from events.models import EntityType
from events.services import entry
from kernel import clock
from kernel.actor import Actor
from kernel.errors import Forbidden, Invalid, LoginRequired, StaleVersion
from orders import states
from orders.errors import ChangedMeanwhile
from orders.history import action_of, details_of
from orders.models import Order, OrderTransition
from orders.queries import order_for
from orders.states import TABLE, Command, PetMove, Status
from pets.errors import PetNotAvailable
from pets.models import Pet
from pets.services import adopt_pet, release_pet, reserve_pet
from tenants.scoping import TenantOwned
from tenants.writing import Taken, insert

MAX_REASON = 500


def place_order(*, pet_id: UUID, actor: Actor, customer_id: UUID | None = None) -> Order:
    """Place an order for an AVAILABLE pet, at its price of this moment; the pet becomes PENDING.

    Of any number of simultaneous calls for one pet exactly one succeeds (guarantees, G1).

    Args:
        customer_id: for whom; by default the actor, if a customer of this scope, else nobody.

    Raises:
        PetNotFound, PetNotAvailable
        LoginRequired, Forbidden: `customer_id` is another's and the actor is no staff.
        Invalid: `customer_id` names no customer of this scope.
    """
    at = clock.now()
    order = Order(
        pet_id=pet_id,
        user_id=_customer(customer_id, actor),
        total_amount=Taken("price"),
        currency=Taken("currency"),
        created_at=at,
        updated_at=at,
    )
    story = _story(order, previous="", pet_change=("AVAILABLE", "PENDING"), actor=actor, reason="")
    try:
        reserve_pet(pet_id=pet_id, at=at, rows=(order, *story))
    except IntegrityError as error:
        if "order_open_once_per_pet" in str(error) or "orders_order.pet_id" in str(error):
            raise PetNotAvailable from error
        raise
    return order


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
    with transaction.atomic():
        _check_version(order, expected_version)
        target = states.target(order.status, command)
        pet_change = _move_pet(order, TABLE[command].pet, at)
        previous = _set_status(order, command, target, at, is_conditional=expected_version is not None)
        insert(*_story(order, previous=previous, pet_change=pet_change, actor=actor, reason=reason))
    return order


def cancel_order(*, order_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None) -> Order:
    """Cancel a PLACED or APPROVED order; see `transition_order`."""
    return transition_order(
        order_id=order_id, command=Command.CANCEL, actor=actor, reason=reason, expected_version=expected_version
    )


def approve_order(*, order_id: UUID, actor: Actor, reason: str = "") -> Order:
    """Approve a PLACED order; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.APPROVE, actor=actor, reason=reason)


def _customer(customer_id: UUID | None, actor: Actor) -> UUID | None:
    if customer_id is None:
        return _default_customer(actor)
    if customer_id != actor.user_id:
        actor.require_staff()
    if not customer_exists(customer_id):
        raise Invalid.field("userId", "There is no such user in this store.", "unknown_user")
    return customer_id


def _default_customer(actor: Actor) -> UUID | None:
    """Oneself; but admins and staff may act where they have no account."""
    if actor.user_id is None or (actor.is_staff and not customer_exists(actor.user_id)):
        return None
    return actor.user_id


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


def _set_status(order: Order, command: Command, target: Status, at: datetime, *, is_conditional: bool) -> Status:
    """The only line that assigns an order's status: a compare-and-set on the version that was read."""
    previous = Status(order.status)
    rows = Order.objects.filter(pk=order.pk, version=order.version, status__in=TABLE[command].sources)
    if rows.update(status=target, version=order.version + 1, updated_at=at) != 1:
        raise StaleVersion if is_conditional else ChangedMeanwhile
    order.status, order.version, order.updated_at = target, order.version + 1, at
    return previous


def _story(
    order: Order, *, previous: str, pet_change: tuple[str, str] | None, actor: Actor, reason: str
) -> tuple[TenantOwned, ...]:
    """What a step leaves behind: a row of the order's history, an event, and its to-do row."""
    at = order.updated_at
    step = OrderTransition(
        order_id=order.id, from_status=previous, to_status=order.status, by=actor.label, reason=reason, at=at
    )
    told = entry(
        action_of(previous, order.status),
        entity_type=EntityType.ORDERS,
        entity_id=order.id,
        actor=actor,
        at=at,
        details=details_of(order, previous, pet_change, reason),
    )
    return (step, *told)
