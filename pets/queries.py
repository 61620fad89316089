"""Reads of pets for interfaces. Pets are public within their scope (contract, Who may do what)."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from pets.errors import PetNotFound
from pets.models import Pet, PetPhoto, PetQuerySet
from pets.text_lists import TextList
from tenants.scoping import TenantQuerySet


@dataclass(frozen=True, slots=True)
class Inventory:
    """The numbers of pets by status; NOT_AVAILABLE pets are not counted (contract, Inventory)."""

    available: int
    pending: int
    adopted: int
    total: int
    by_species: dict[str, int]


@requires_access(TokenScope.READ_PETS, is_token_optional=True)
def get_pet(pet_id: UUID) -> Pet:
    """Return a pet of the scope; raises PetNotFound."""
    pet = _pet_by_id(pet_id).first()
    if pet is None:
        raise PetNotFound
    return pet


@compiled_query
def _pet_by_id(pet_id: UUID) -> QuerySet[Any, Pet]:
    return Pet.objects.filter(pk=pet_id)


@requires_access(TokenScope.READ_PETS, is_token_optional=True)
def get_pet_with_photos(pet_id: UUID) -> "PetWithPhotos":
    """Return a pet of the scope and its photos, by one statement; raises PetNotFound."""
    row = _pet_with_photos_by_id(pet_id).first()
    if row is None:
        raise PetNotFound
    return PetWithPhotos._make(row)


@compiled_query
def _pet_with_photos_by_id(pet_id: UUID) -> QuerySet[Any, tuple[Any, ...]]:
    return select_pets_with_photos().filter(pk=pet_id)


def get_changeable_pet(pet_id: UUID, *, actor: Actor) -> Pet:
    """Return a pet of the scope to somebody who may change it.

    Raises:
        PetNotFound, LoginRequired, Forbidden
    """
    actor.require_permission(Permission.CHANGE_PETS)
    return get_pet(pet_id)


@requires_access(TokenScope.READ_PETS, is_token_optional=True)
def list_pets_with_photos() -> PetQuerySet:
    """Return all pets of the scope, oldest first; one more query fetches their photos."""
    pets: PetQuerySet = Pet.objects.oldest_first().prefetch_related("photos")
    return pets


class PetRow(NamedTuple):
    """The columns of a pet; cheaper than a model."""

    id: UUID
    species: str
    name: str
    breed: str
    age_months: int
    size: str
    color: str
    gender: str
    good_with_kids: bool | None
    price: Decimal
    currency: str
    description: str
    status: str
    spayed_neutered: bool
    vaccinated: bool
    microchipped: bool
    special_needs: bool
    health_notes: str
    created_at: datetime
    updated_at: datetime
    tenant_id: UUID
    version: int


class PetWithPhotos(NamedTuple):
    """The columns of a pet, and the sources of its photos (`pets.models.build_photo_address`)."""

    id: UUID
    species: str
    name: str
    breed: str
    age_months: int
    size: str
    color: str
    gender: str
    good_with_kids: bool | None
    price: Decimal
    currency: str
    description: str
    status: str
    spayed_neutered: bool
    vaccinated: bool
    microchipped: bool
    special_needs: bool
    health_notes: str
    created_at: datetime
    updated_at: datetime
    tenant_id: UUID
    version: int
    photos: list[str]


def select_pets_with_photos() -> QuerySet[Any, tuple[Any, ...]]:
    """Select the rows of PetWithPhotos of the scope, in no order; the photos come in the same statement."""
    source = Coalesce(NullIf("url", Value("")), "file", output_field=TextField())
    photos = PetPhoto.objects.filter(pet_id=OuterRef("pk")).order_by("pk").annotate(source=source).values("source")
    return Pet.objects.order_by().annotate(shown_photos=TextList(photos)).values_list(*PetRow._fields, "shown_photos")


def fetch_pets_by_ids(pet_ids: Collection[UUID]) -> list[PetRow]:
    """Return those pets of the scope, in no order, without making models of them."""
    rows = Pet.objects.order_by().filter(pk__in=pet_ids).values_list(*PetRow._fields)
    return list(map(PetRow._make, rows))


def list_photos_of_pets(pet_ids: Collection[UUID]) -> TenantQuerySet[PetPhoto]:
    """Return the photos of those pets, of each of them in their order."""
    photos: TenantQuerySet[PetPhoto] = PetPhoto.objects.filter(pet_id__in=pet_ids).order_by("pk")
    return photos


@requires_access(TokenScope.READ_PETS)
def count_inventory() -> Inventory:
    """Count the pets of the scope in one grouped query."""
    statuses: Counter[str] = Counter()
    species: Counter[str] = Counter()
    for status, kind, number in _shown_pets_by_status_and_species():
        statuses[status] += number
        species[kind] += number
    return Inventory(
        available=statuses[Pet.Status.AVAILABLE],
        pending=statuses[Pet.Status.PENDING],
        adopted=statuses[Pet.Status.ADOPTED],
        total=statuses.total(),
        by_species=dict(sorted(species.items())),
    )


@compiled_query
def _shown_pets_by_status_and_species() -> QuerySet[Any, tuple[str, str, int]]:
    shown = Pet.objects.exclude(status=Pet.Status.NOT_AVAILABLE).order_by().values_list("status", "species")
    return shown.annotate(number=Count("*"))


@requires_access(TokenScope.READ_PETS)
def count_pets_by_status() -> dict[str, int]:
    """Count the pets of the scope by status, zero included."""
    return dict.fromkeys(Pet.Status.values, 0) | dict(_pets_by_status())


@compiled_query
def _pets_by_status() -> QuerySet[Any, tuple[str, int]]:
    return Pet.objects.order_by().values_list("status").annotate(number=Count("*"))
