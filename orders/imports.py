"""Import pets and orders with their past, as a store does that moves here.

The rows are those that the use cases would have written, step by step, at past times. A step that the state table
does not know is refused.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from random import Random
from uuid import UUID

from django.core.files.base import ContentFile

from database import bulk_insert
from events.chain_links import EventRow
from events.imports import record_past_events
from events.models import Action, EntityType
from kernel import ids
from kernel.actor import Actor
from orders.errors import IllegalTransition
from orders.history import advance_order, build_step_details, find_step_action
from orders.models import Order, OrderTransition
from orders.states import INITIAL, TRANSITIONS, PetEffect, Status, allowed_steps, command_to
from pets.errors import PetNotAvailable
from pets.models import Pet, PetPhoto
from pets.services.details import PetDetails
from tenants.scoping import current_tenant_id
from tenants.transactions import begin_wide_transaction

_TRANSITION = ("tenant_id", "order_id", "from_status", "to_status", "by", "reason", "at")
_STAMPS = ("status", "version", "created_at", "updated_at")
_ORDER = ("id", "tenant_id", "pet_id", "user_id", "total_amount", "currency", *_STAMPS)
_PET = ("id", "tenant_id", "is_held", *_STAMPS)
_DETAILS = tuple(column.name for column in fields(PetDetails))
_order_values, _pet_values, _pet_details = attrgetter(*_ORDER), attrgetter(*_PET), attrgetter(*_DETAILS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """A transition that an order has made."""

    status: Status
    at: datetime
    by: Actor
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """An order and its steps, from PLACED to its present status."""

    customer_id: UUID | None
    steps: tuple[PastStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPet:
    """A pet, its arrival and its orders, one after the other.

    Attributes:
        status: AVAILABLE or NOT_AVAILABLE, its status without any order.
        portrait: a JPEG, or empty.
    """

    details: PetDetails
    arrived_at: datetime
    by: Actor
    status: str = Pet.Status.AVAILABLE
    portrait: bytes = b""
    orders: tuple[PastOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class PastRows:
    """The rows of a past, by table."""

    tenant_id: UUID
    pets: "list[_PetRow]" = field(default_factory=list)
    photos: list[PetPhoto] = field(default_factory=list)
    orders: "list[OrderRow]" = field(default_factory=list)
    transitions: list[tuple[object, ...]] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)

    def add_pet(self, past: PastPet) -> "list[OrderRow]":
        """Add a pet with its orders.

        Returns:
            The rows of its orders.

        Raises:
            IllegalTransition: an order has taken a step that the state table does not know.
            PetNotAvailable: an order was placed while the pet was not AVAILABLE.
        """
        at = past.arrived_at
        pet = _PetRow(make_past_id(at), self.tenant_id, past.details, past.status, created_at=at, updated_at=at)
        self.pets.append(pet)
        changes = {"changes": {"status": [None, past.status]}}
        by, tenant_id = past.by.user_id, self.tenant_id
        self.events.append(
            EventRow(make_past_id(at), tenant_id, Action.PET_CREATED, EntityType.PETS, pet.id, by, changes, at)
        )
        if past.portrait:
            self._add_pet_photo(pet, past.portrait)
        return [self._add_past_order(pet, order) for order in past.orders]

    def _add_pet_photo(self, pet: "_PetRow", content: bytes) -> None:
        photo = PetPhoto(pet_id=pet.id, tenant_id=self.tenant_id, created_at=pet.created_at)
        photo.file.save(f"{ids.new_id()}.jpg", ContentFile(content), save=False)
        self.photos.append(photo)

    def _add_past_order(self, pet: "_PetRow", past: PastOrder) -> "OrderRow":
        at, price, currency = past.steps[0].at, pet.details.price, pet.details.currency
        order = OrderRow(make_past_id(at), self.tenant_id, pet.id, past.customer_id, price, currency, at, at)
        self.orders.append(order)
        for step in past.steps:
            self._add_order_step(order, pet, step)
        return order

    def _add_order_step(self, order: "OrderRow", pet: "_PetRow", step: PastStep) -> None:
        previous = advance_order(order, step.status, step.at)
        pet_change = _apply_pet_effect(pet, previous, step)
        self.transitions.append(
            (self.tenant_id, order.id, previous, step.status, step.by.history_label, step.reason, step.at)
        )
        details = build_step_details(order, previous, pet_change, step.reason)
        action, by, at = find_step_action(previous, step.status), step.by.user_id, step.at
        self.events.append(
            EventRow(make_past_id(at), self.tenant_id, action, EntityType.ORDERS, order.id, by, details, at)
        )


@dataclass(slots=True)
class _PetRow:
    id: UUID
    tenant_id: UUID
    details: PetDetails
    status: str
    created_at: datetime
    updated_at: datetime
    is_held: bool = False
    version: int = 1


@dataclass(slots=True)
class OrderRow:
    """An order with its present status."""

    id: UUID
    tenant_id: UUID
    pet_id: UUID
    user_id: UUID | None
    total_amount: Decimal
    currency: str
    created_at: datetime
    updated_at: datetime
    status: str = ""
    version: int = 0


def build_past_rows(pets: Iterable[PastPet]) -> PastRows:
    """Build the rows of these pets and orders for the current scope, without a query.

    Raises:
        IllegalTransition: an order has taken a step that the state table does not know.
        PetNotAvailable: an order was placed while the pet was not AVAILABLE.
    """
    rows = PastRows(current_tenant_id())
    for past in pets:
        rows.add_pet(past)
    return rows


def import_past_rows(rows: PastRows) -> None:
    """Write the rows to the current scope, in one transaction."""
    with begin_wide_transaction(reason="past events join the hash chain of the whole journal"):
        bulk_insert(Pet, (*_PET, *_DETAILS), [(*_pet_values(pet), *_pet_details(pet.details)) for pet in rows.pets])
        PetPhoto.objects.bulk_create(rows.photos)
        bulk_insert(Order, _ORDER, [_order_values(order) for order in rows.orders])
        bulk_insert(OrderTransition, _TRANSITION, rows.transitions)
        record_past_events(rows.events)


def import_past(pets: Iterable[PastPet]) -> None:
    """Write the pets and their orders to the current scope, in one transaction.

    Raises:
        IllegalTransition: an order has taken a step that the state table does not know.
        PetNotAvailable: an order was placed while the pet was not AVAILABLE.
    """
    import_past_rows(build_past_rows(pets))


def _apply_pet_effect(pet: _PetRow, previous: str, step: PastStep) -> tuple[str, str] | None:
    target = _find_pet_status(pet, previous, step.status)
    if target is None:
        return None
    old, pet.status = pet.status, target
    pet.is_held = target == Pet.Status.PENDING
    pet.version, pet.updated_at = pet.version + 1, step.at
    return str(old), str(target)


def _find_pet_status(pet: _PetRow, previous: str, status: Status) -> str | None:
    if not previous and status == INITIAL:
        if pet.status != Pet.Status.AVAILABLE:
            raise PetNotAvailable
        return Pet.Status.PENDING
    if (previous, status) not in _EDGES:
        raise IllegalTransition(f"An order that is {previous or 'new'} cannot become {status}.")
    return _PET_TARGETS[TRANSITIONS[command_to(status)].pet]


def make_past_id(moment: datetime) -> UUID:
    """Make an id as it would have been made at that time."""
    return ids.id_born_at(moment, _entropy.getrandbits(ids.ENTROPY_BITS))


_entropy = Random(secrets.randbits(128))  # noqa: S311  # ids need to differ, not to be secret
_EDGES = allowed_steps()
_PET_TARGETS: dict[PetEffect, str | None] = {
    PetEffect.STAYS: None,
    PetEffect.ADOPTED: Pet.Status.ADOPTED,
    PetEffect.RELEASED: Pet.Status.AVAILABLE,
}
