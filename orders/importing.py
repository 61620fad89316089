"""Bringing in pets and orders with their whole past, as a store does that moves here.

The rows are those that the use cases would have written, step by step; only the moments are past. A past
that the state table does not know is refused.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from random import Random
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from events.importing import PastEvent, record_past
from events.models import Action, EntityType
from kernel import ids
from kernel.actor import Actor
from orders.errors import IllegalTransition
from orders.history import action_of, details_of
from orders.models import Order, OrderTransition
from orders.states import INITIAL, TABLE, PetMove, Status, edges, toward
from pets.errors import PetNotAvailable
from pets.models import Pet, PetPhoto
from pets.services import PetDetails
from tenants.bulk import insert_instances, insert_rows, make_room
from tenants.scoping import current_tenant_id

_ENTROPY_BITS = 74
_TRANSITION = ("tenant_id", "order_id", "from_status", "to_status", "by", "reason", "at")
_DETAILS = tuple(column.name for column in fields(PetDetails))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """One transition that an order has made."""

    status: Status
    at: datetime
    by: Actor
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """An order and its steps, from PLACED to where it stands."""

    customer_id: UUID | None
    steps: tuple[PastStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPet:
    """A pet, when it came, and the orders it has had, one after the other.

    Attributes:
        status: AVAILABLE or NOT_AVAILABLE, what it is without any order.
        portrait: a JPEG, or empty.
    """

    details: PetDetails
    arrived_at: datetime
    by: Actor
    status: str = Pet.Status.AVAILABLE
    portrait: bytes = b""
    orders: tuple[PastOrder, ...] = ()


def import_past(pets: Iterable[PastPet]) -> None:
    """Write the pets and their orders to the current scope, in one transaction.

    Raises:
        IllegalTransition: an order has taken a step that the state table does not know.
        PetNotAvailable: an order was placed while the pet was not AVAILABLE.
    """
    make_room()
    rows = _Rows(current_tenant_id())
    for past in pets:
        rows.add_pet(past)
    with transaction.atomic():
        insert_instances(rows.pets)
        PetPhoto.objects.bulk_create(rows.photos)
        insert_instances(rows.orders)
        insert_rows(OrderTransition, _TRANSITION, rows.transitions)
        record_past(rows.events)


@dataclass(slots=True)
class _Rows:
    """What the past leaves in each table."""

    tenant_id: UUID
    pets: list[Pet] = field(default_factory=list)
    photos: list[PetPhoto] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    transitions: list[tuple[object, ...]] = field(default_factory=list)
    events: list[PastEvent] = field(default_factory=list)

    def add_pet(self, past: PastPet) -> None:
        at = past.arrived_at
        values = {name: getattr(past.details, name) for name in _DETAILS}
        pet = Pet(id=_id(at), tenant_id=self.tenant_id, status=past.status, created_at=at, updated_at=at, **values)
        self.pets.append(pet)
        changes = {"changes": {"status": [None, past.status]}}
        self.events.append(
            PastEvent(
                _id(at), self.tenant_id, Action.PET_CREATED, EntityType.PETS, pet.id, past.by.user_id, changes, at
            )
        )
        if past.portrait:
            self._add_photo(pet, past.portrait)
        for order in past.orders:
            self._add_order(pet, order)

    def _add_photo(self, pet: Pet, content: bytes) -> None:
        photo = PetPhoto(pet=pet, tenant_id=self.tenant_id, created_at=pet.created_at)
        photo.file.save(f"{ids.new_id()}.jpg", ContentFile(content), save=False)
        self.photos.append(photo)

    def _add_order(self, pet: Pet, past: PastOrder) -> None:
        placed_at = past.steps[0].at
        order = Order(
            id=_id(placed_at),
            tenant_id=self.tenant_id,
            pet_id=pet.id,
            user_id=past.customer_id,
            status="",
            total_amount=pet.price,
            currency=pet.currency,
            version=0,
            created_at=placed_at,
        )
        self.orders.append(order)
        for step in past.steps:
            self._add_step(order, pet, step)

    def _add_step(self, order: Order, pet: Pet, step: PastStep) -> None:
        previous, order.status = order.status, step.status
        order.version, order.updated_at = order.version + 1, step.at
        pet_change = _move_pet(pet, previous, step)
        self.transitions.append((self.tenant_id, order.id, previous, step.status, step.by.label, step.reason, step.at))
        details = details_of(order, previous, pet_change, step.reason)
        action = action_of(previous, step.status)
        by, at = step.by.user_id, step.at
        self.events.append(PastEvent(_id(at), self.tenant_id, action, EntityType.ORDERS, order.id, by, details, at))


def _move_pet(pet: Pet, previous: str, step: PastStep) -> tuple[str, str] | None:
    target = _pet_target(pet, previous, step.status)
    if target is None:
        return None
    old, pet.status = pet.status, target
    pet.is_held = target == Pet.Status.PENDING
    pet.version, pet.updated_at = pet.version + 1, step.at
    return str(old), str(target)


def _pet_target(pet: Pet, previous: str, status: Status) -> str | None:
    if not previous and status == INITIAL:
        if pet.status != Pet.Status.AVAILABLE:
            raise PetNotAvailable
        return Pet.Status.PENDING
    if (previous, status) not in _EDGES:
        raise IllegalTransition(f"An order that is {previous or 'new'} cannot become {status}.")
    return _PET_TARGETS[TABLE[toward(status)].pet]


def _id(moment: datetime) -> UUID:
    return ids.id_born_at(moment, _entropy.getrandbits(_ENTROPY_BITS))


_entropy = Random(secrets.randbits(128))  # noqa: S311  # ids need to differ, not to be secret
_EDGES = edges()
_PET_TARGETS: dict[PetMove, str | None] = {
    PetMove.STAYS: None,
    PetMove.ADOPTED: Pet.Status.ADOPTED,
    PetMove.RELEASED: Pet.Status.AVAILABLE,
}
