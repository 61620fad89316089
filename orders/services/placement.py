"""Placement of orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F

from accounts.queries import open_account_exists
from database import build_row, unit_of_work
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.constraints import violates_constraint
from kernel.errors import Invalid
from orders.errors import AnonymousOrderLimit
from orders.history import audit_rows
from orders.models import Order
from orders.services.anonymous import LIMIT_CONSTRAINT, build_anonymous_reservations
from pets.errors import PetNotAvailable
from pets.queries import get_pet
from pets.services.reservations import reservation_of

_REMEDY = "Your address holds as many unpaid orders as it may: pay or cancel one, or log in, and order then."


@requires_access(TokenScope.WRITE_ORDERS, is_token_optional=True)
def place_order(*, pet_id: UUID, actor: Actor, customer_id: UUID | None = None, is_walk_in: bool = False) -> Order:
    """Place an order for an AVAILABLE pet, at its price of this moment; the pet becomes PENDING.

    Of any number of simultaneous calls for one pet exactly one succeeds (guarantees, G1).

    Args:
        customer_id: for whom; by default the actor, if a customer of this scope, else nobody.
        is_walk_in: staff order for somebody who has no account; it belongs to nobody.

    Raises:
        PetNotFound, PetNotAvailable
        LoginRequired, Forbidden: `customer_id` is another's and the actor is no staff, or is staff whose group
            does not place orders, not for themselves either.
        Invalid: `customer_id` names no customer of this scope.
        AnonymousOrderLimit: the actor has no token, and their network holds as many unpaid orders as it may.
    """
    user_id = _choose_customer(customer_id, actor, is_walk_in=is_walk_in)
    at = clock.now()
    order = build_row(
        Order,
        pet_id=pet_id,
        user_id=user_id,
        total_amount=F("price"),
        currency=F("currency"),
        created_at=at,
        updated_at=at,
    )
    rows = audit_rows(order, previous="", pet_change=("AVAILABLE", "PENDING"), actor=actor, reason="")
    with _translate_refusals(), unit_of_work() as unit:
        unit.update(reservation_of(pet_id, at))
        unit.insert(order, *rows, *build_anonymous_reservations(order, actor))
    if not unit.is_written:
        get_pet(pet_id)
        raise PetNotAvailable
    return order


@contextmanager
def _translate_refusals() -> Iterator[None]:
    """Translate the refusal of a database constraint into a domain error."""
    try:
        yield
    except IntegrityError as error:
        if violates_constraint(error, LIMIT_CONSTRAINT):
            raise AnonymousOrderLimit(_REMEDY) from error
        if violates_constraint(error, "order_open_once_per_pet", "orders_order.pet_id"):
            raise PetNotAvailable from error
        raise


def _choose_customer(customer_id: UUID | None, actor: Actor, *, is_walk_in: bool) -> UUID | None:
    if is_walk_in:
        actor.require_permission(Permission.CHANGE_ORDERS)
        return None
    actor.require_staff_permission(Permission.CHANGE_ORDERS)
    if customer_id is None:
        return _choose_default_customer(actor)
    if customer_id != actor.user_id:
        actor.require_permission(Permission.CHANGE_ORDERS)
    if not open_account_exists(customer_id):
        raise Invalid.for_field("userId", "There is no such user in this store.", "unknown_user")
    return customer_id


def _choose_default_customer(actor: Actor) -> UUID | None:
    """Return the actor's own account; none for staff and admins who act where they have no account."""
    if actor.user_id is None or (actor.is_staff and not open_account_exists(actor.user_id)):
        return None
    return actor.user_id
