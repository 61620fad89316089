"""Pets come into the store, are described anew, and are deleted."""

from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from events.models import Action
from kernel import clock, money
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from pets.errors import PetHasOrders
from pets.models import Pet, PetPhoto
from pets.photo_addresses import check_photo_addresses
from pets.services.availability import require_status_change
from pets.services.details import PetDetails
from pets.services.persistence import lock_pet_for_change, record_pet_event, update_locked_pet
from pets.services.photos import replace_photos
from pets.storage import remove_photos


@requires_access(TokenScope.WRITE_PETS)
def create_pet(
    *, details: PetDetails, actor: Actor, status: str = Pet.Status.AVAILABLE, photos: tuple[str, ...] = ()
) -> Pet:
    """Add a pet to the store and record it in the journal.

    Args:
        photos: addresses of pictures elsewhere.

    Raises:
        LoginRequired, Forbidden, Invalid
    """
    actor.require_permission(Permission.CHANGE_PETS)
    photos = check_photo_addresses(photos)
    at = clock.now()
    pet = Pet(**asdict(details), status=status, created_at=at, updated_at=at)
    pet.claim_tenant()
    pet.check_fields()
    with transaction.atomic():
        pet.save(force_insert=True)
        PetPhoto.objects.bulk_create([PetPhoto(pet=pet, url=url) for url in photos])
        record_pet_event(Action.PET_CREATED, pet, actor, {"status": [None, pet.status]}, at)
    return pet


@requires_access(TokenScope.WRITE_PETS)
def replace_pet(  # noqa: PLR0913  # the parts of a PUT
    *,
    pet_id: UUID,
    details: PetDetails,
    actor: Actor,
    status: str | None = None,
    photos: tuple[str, ...] | None = None,
    expected_version: int | None = None,
    allows_unexplained: bool = False,
) -> Pet:
    """Replace what is known of a pet; what `details` leaves out is cleared.

    Args:
        status: the new status; None keeps it.
        photos: the addresses to keep or add, ours included; None keeps them all.
        expected_version: the version that the caller saw, from If-Match.
        allows_unexplained: an adopted pet's status may change; for programs, which nobody can ask for a reason.

    Raises:
        PetNotFound, LoginRequired, Forbidden, Invalid
        PetIsHeld: an open order holds the pet, and the status would change.
        AdoptedPetNeedsReason: `change_pet_status` takes one.
        StaleVersion: the pet has changed since.
    """
    actor.require_permission(Permission.CHANGE_PETS)
    at = clock.now()
    with transaction.atomic():
        pet = lock_pet_for_change(pet_id, expected_version)
        new = asdict(details) | {"status": status or pet.status}
        if new["status"] != pet.status:
            require_status_change(pet, is_explained=allows_unexplained)
        changes = {
            name: [_format_for_journal(getattr(pet, name)), _format_for_journal(value)] for name, value in new.items()
        }
        update_locked_pet(pet, new, at)
        if photos is not None:
            changes["photos"] = replace_photos(pet, photos)
        record_pet_event(
            _choose_update_action(changes), pet, actor, {n: c for n, c in changes.items() if c[0] != c[1]}, at
        )
    return pet


@requires_access(TokenScope.WRITE_PETS)
def delete_pet(*, pet_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Delete a pet that no order names, and its photos.

    Raises:
        PetNotFound, LoginRequired, Forbidden, StaleVersion
        PetHasOrders: an order names it.
    """
    actor.require_permission(Permission.CHANGE_PETS)
    with transaction.atomic():
        pet = lock_pet_for_change(pet_id, expected_version)
        files = [photo.stored_name for photo in pet.photos.exclude(file="")]
        try:
            pet.delete()
        except ProtectedError as error:
            raise PetHasOrders from error
        pet.id = pet_id
        record_pet_event(Action.PET_DELETED, pet, actor, {"name": [pet.name, None]}, clock.now())
        transaction.on_commit(lambda: remove_photos(files))


def _format_for_journal(value: object) -> object:
    return money.format_amount(value) if isinstance(value, Decimal) else value


def _choose_update_action(changes: dict[str, list[object]]) -> Action:
    old, new = changes["status"]
    return Action.PET_UPDATED if old == new else Action.PET_STATUS_CHANGED
