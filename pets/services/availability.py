"""Staff offer a pet or take it back by hand."""

from uuid import UUID

from django.db import transaction

from events.models import Action
from kernel import clock
from kernel.actor import Actor, Permission
from kernel.text import check_reason_text
from pets.errors import AdoptedPetNeedsReason, PetIsHeld
from pets.models import Pet
from pets.services.persistence import lock_pet_for_change, record_pet_event, update_locked_pet


def change_pet_status(
    *, pet_id: UUID, status: str, actor: Actor, reason: str = "", expected_version: int | None = None
) -> bool:
    """Offer a pet, or take it back, by hand; return whether that changed anything.

    Args:
        reason: for the journal, at most 500 characters; an adopted pet's status changes with one only.

    Raises:
        PetNotFound, LoginRequired, Forbidden, Invalid
        PetIsHeld: an open order holds the pet.
        AdoptedPetNeedsReason
        StaleVersion: the pet has changed since.
    """
    actor.require_permission(Permission.CHANGE_PETS)
    check_reason_text(reason)
    at = clock.now()
    with transaction.atomic():
        pet = lock_pet_for_change(pet_id, expected_version)
        previous = pet.status
        if status != previous or pet.is_held:
            require_status_change(pet, is_explained=bool(reason.strip()))
        if status != previous:
            update_locked_pet(pet, {"status": status}, at)
            record_pet_event(
                Action.PET_STATUS_CHANGED, pet, actor, {"status": [previous, status]}, at, reason=reason.strip()
            )
    return status != previous


def require_status_change(pet: Pet, *, is_explained: bool) -> None:
    if pet.is_held:
        raise PetIsHeld
    if pet.status == Pet.Status.ADOPTED and not is_explained:
        raise AdoptedPetNeedsReason
