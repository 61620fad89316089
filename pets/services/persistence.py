"""Locking, changing and recording a pet: the steps that every use case takes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from events.models import Action, EntityType
from events.services import record_event
from kernel.actor import Actor
from kernel.errors import StaleVersion
from pets.errors import PetNotFound
from pets.models import Pet


def lock_pet_for_change(pet_id: UUID, expected_version: int | None) -> Pet:
    pet: Pet | None = Pet.objects.select_for_update().filter(pk=pet_id).first()
    if pet is None:
        raise PetNotFound
    if expected_version is not None and pet.version != expected_version:
        raise StaleVersion
    return pet


def update_locked_pet(pet: Pet, values: dict[str, Any], at: datetime) -> None:
    for name, value in values.items():
        setattr(pet, name, value)
    pet.check_fields(exclude={field.name for field in pet._meta.concrete_fields} - set(values))
    new = values | {"version": pet.version + 1, "updated_at": at}
    if Pet.objects.filter(pk=pet.pk, version=pet.version).update(**new) != 1:
        raise StaleVersion
    pet.version, pet.updated_at = pet.version + 1, at


def record_pet_event(  # noqa: PLR0913  # the parts of an entry
    action: Action, pet: Pet, actor: Actor, changes: dict[str, Any], at: datetime, *, reason: str = ""
) -> None:
    details = {"changes": changes} | ({"reason": reason} if reason else {})
    record_event(action, entity_type=EntityType.PETS, entity_id=pet.id, actor=actor, at=at, details=details)
