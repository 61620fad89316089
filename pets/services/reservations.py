"""The status of a pet follows its order: updates for the unit of work in which the order changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from database import compiled_query, compiled_update
from pets.models import Pet

PetUpdate = tuple[QuerySet[Any, Pet], dict[str, Any]]
ADOPTABLE = (Pet.Status.PENDING,)
RELEASABLE = (Pet.Status.PENDING, Pet.Status.ADOPTED)
"""The statuses of a pet whose order may be delivered, and of one that a cancellation releases."""


@compiled_update
def reservation_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Hold an AVAILABLE pet for an order; of many simultaneous callers one finds it so (guarantees, G1)."""
    available = Pet.objects.filter(pk=pet_id, status=Pet.Status.AVAILABLE)
    return available, _build_status_values(Pet.Status.PENDING, at) | {"is_held": True}


@compiled_update
def adoption_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Mark a PENDING pet as ADOPTED: its order was delivered."""
    return Pet.objects.filter(pk=pet_id, status__in=ADOPTABLE), _build_status_values(Pet.Status.ADOPTED, at)


@compiled_update
def release_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Offer a pet again: its order was cancelled."""
    return Pet.objects.filter(pk=pet_id, status__in=RELEASABLE), _build_status_values(Pet.Status.AVAILABLE, at)


@compiled_query
def locked_pet(pet_id: UUID) -> QuerySet[Any, Pet]:
    """Lock a pet until the transaction ends."""
    return Pet.objects.select_for_update().filter(pk=pet_id)


def _build_status_values(status: Pet.Status, at: datetime) -> dict[str, Any]:
    return {"status": status, "is_held": False, "version": F("version") + 1, "updated_at": at}
