"""Photos of a pet: uploaded, removed and put in order."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from events.models import Action
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.text import check_multiline_text
from pets.errors import PhotoNotFound, TooManyPhotos
from pets.images import normalise_image
from pets.models import Pet, PetPhoto
from pets.photo_addresses import MAX_PHOTOS, check_photo_addresses
from pets.queries import get_pet
from pets.services.persistence import lock_pet_for_change, record_pet_event, update_locked_pet
from pets.storage import remove_photos, store_photo

Arrange = Callable[[str, tuple[str, ...]], tuple[str, ...]]
"""Takes the address of the chosen photo and those of the others; returns the new order."""


@requires_access(TokenScope.WRITE_PETS)
def add_photo(*, pet_id: UUID, upload: BinaryIO, actor: Actor, note: str = "") -> PetPhoto:
    """Store a picture of the pet, re-encoded and without its metadata (guarantees, G13).

    Args:
        note: what the uploader says of it; kept in the journal.

    Raises:
        PetNotFound, LoginRequired, Forbidden
        ImageTooLarge, NotAnImage, TooManyPhotos, NoRoomForPhoto
    """
    actor.require_permission(Permission.CHANGE_PETS)
    check_multiline_text("additionalMetadata", note)
    _require_photo_room(get_pet(pet_id))
    content, extension = normalise_image(upload)
    at = clock.now()
    photo = PetPhoto(created_at=at)
    with ExitStack() as undo:
        photo.file.name = store_photo(content, extension)
        undo.callback(remove_photos, [photo.file.name])
        with transaction.atomic():
            _attach_photo(photo, pet_id, actor, note)
        undo.pop_all()
    return photo


def remove_photo(*, pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None = None) -> None:
    """Remove a photo from a pet; a file of ours is deleted.

    Raises:
        PetNotFound, PhotoNotFound, LoginRequired, Forbidden, StaleVersion
    """
    _rearrange_photos(pet_id, photo_id, actor, expected_version, lambda _chosen, others: others)


def put_photo_first(*, pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None = None) -> None:
    """Make a photo the one that stands for the pet.

    Raises:
        PetNotFound, PhotoNotFound, LoginRequired, Forbidden, StaleVersion
    """
    _rearrange_photos(pet_id, photo_id, actor, expected_version, lambda chosen, others: (chosen, *others))


def _rearrange_photos(
    pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None, arrange: Arrange
) -> None:
    actor.require_permission(Permission.CHANGE_PETS)
    at = clock.now()
    with transaction.atomic():
        pet = lock_pet_for_change(pet_id, expected_version)
        photos = {photo.pk: photo.address for photo in pet.photos.all()}
        chosen = photos.pop(photo_id, None)
        if chosen is None:
            raise PhotoNotFound
        changes = {"photos": replace_photos(pet, arrange(chosen, tuple(photos.values())))}
        update_locked_pet(pet, {}, at)
        record_pet_event(Action.PET_UPDATED, pet, actor, changes, at)


def _attach_photo(photo: PetPhoto, pet_id: UUID, actor: Actor, note: str) -> None:
    pet = photo.pet = lock_pet_for_change(pet_id, None)
    _require_photo_room(pet)
    photo.save(force_insert=True)
    update_locked_pet(pet, {}, photo.created_at)
    changes = {"photos": [None, photo.file.name]} | ({"note": [None, note]} if note else {})
    record_pet_event(Action.PET_UPDATED, pet, actor, changes, photo.created_at)


def _require_photo_room(pet: Pet) -> None:
    if pet.photos.count() >= MAX_PHOTOS:
        raise TooManyPhotos


def replace_photos(pet: Pet, photos: tuple[str, ...]) -> list[object]:
    """Save the photos in the given order and delete files that are not named; return the old and new addresses."""
    before = {photo.address: photo for photo in pet.photos.all()}
    after = check_photo_addresses(photos, own=before)
    if after != tuple(before):
        gone = [photo.stored_name for address, photo in before.items() if photo.file and address not in after]
        pet.photos.all().delete()
        PetPhoto.objects.bulk_create([_build_photo(pet, address, before.get(address)) for address in after])
        transaction.on_commit(lambda: remove_photos(gone))
    return [list(before), list(after)]


def _build_photo(pet: Pet, address: str, before: PetPhoto | None) -> PetPhoto:
    if before is None:
        return PetPhoto(pet=pet, url=address)
    return PetPhoto(pet=pet, file=before.file.name, url=before.url, created_at=before.created_at)
