"""The use cases of pets. Every edge calls these; nothing else writes a pet."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet

from database import compiled_query, compiled_update
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, money
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.errors import StaleVersion
from kernel.text import check_multiline_text, check_reason_text
from pets.errors import (
    AdoptedPetNeedsReason,
    PetHasOrders,
    PetIsHeld,
    PetNotFound,
    PhotoNotFound,
    TooManyPhotos,
)
from pets.images import normalise_image
from pets.models import Pet, PetPhoto
from pets.photos import MAX_PHOTOS, check_photo_addresses
from pets.queries import get_pet
from pets.storage import remove_photos, store_photo

PetUpdate = tuple[QuerySet[Any, Pet], dict[str, Any]]
ADOPTABLE = (Pet.Status.PENDING,)
RELEASABLE = (Pet.Status.PENDING, Pet.Status.ADOPTED)
"""What a pet may be when its order is delivered, and when it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PetDetails:
    """Everything about a pet that staff decide (contract, Pet). Blank means unknown.

    Raises:
        Invalid: the currency is none.
    """

    species: str
    name: str
    age_months: int
    price: Decimal
    currency: str = money.DEFAULT_CURRENCY
    breed: str = ""
    size: str = ""
    color: str = ""
    gender: str = ""
    good_with_kids: bool | None = None
    description: str = ""
    spayed_neutered: bool = False
    vaccinated: bool = False
    microchipped: bool = False
    special_needs: bool = False
    health_notes: str = ""

    def __post_init__(self) -> None:
        money.parse_currency_code(self.currency)


@requires_access(TokenScope.WRITE_PETS)
def create_pet(
    *, details: PetDetails, actor: Actor, status: str = Pet.Status.AVAILABLE, photos: tuple[str, ...] = ()
) -> Pet:
    """Take a pet into the store.

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
        _record(Action.PET_CREATED, pet, actor, {"status": [None, pet.status]}, at)
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
        pet = _locked(pet_id, expected_version)
        new = asdict(details) | {"status": status or pet.status}
        if new["status"] != pet.status:
            _check_status_change(pet, is_explained=allows_unexplained)
        changes = {name: [_plain(getattr(pet, name)), _plain(value)] for name, value in new.items()}
        _assign(pet, new, at)
        if photos is not None:
            changes["photos"] = _replace_photos(pet, photos)
        _record(_update_action(changes), pet, actor, {n: c for n, c in changes.items() if c[0] != c[1]}, at)
    return pet


def change_pet_status(
    *, pet_id: UUID, status: str, actor: Actor, reason: str = "", expected_version: int | None = None
) -> bool:
    """Offer a pet, or take it back, by hand; says whether that changed anything.

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
        pet = _locked(pet_id, expected_version)
        previous = pet.status
        if status != previous or pet.is_held:
            _check_status_change(pet, is_explained=bool(reason.strip()))
        if status != previous:
            _assign(pet, {"status": status}, at)
            _record(Action.PET_STATUS_CHANGED, pet, actor, {"status": [previous, status]}, at, reason=reason.strip())
    return status != previous


def _check_status_change(pet: Pet, *, is_explained: bool) -> None:
    if pet.is_held:
        raise PetIsHeld
    if pet.status == Pet.Status.ADOPTED and not is_explained:
        raise AdoptedPetNeedsReason


@requires_access(TokenScope.WRITE_PETS)
def delete_pet(*, pet_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Delete a pet that no order names, and its photos.

    Raises:
        PetNotFound, LoginRequired, Forbidden, StaleVersion
        PetHasOrders: an order names it.
    """
    actor.require_permission(Permission.CHANGE_PETS)
    with transaction.atomic():
        pet = _locked(pet_id, expected_version)
        files = [photo.stored_name for photo in pet.photos.exclude(file="")]
        try:
            pet.delete()
        except ProtectedError as error:
            raise PetHasOrders from error
        pet.id = pet_id
        _record(Action.PET_DELETED, pet, actor, {"name": [pet.name, None]}, clock.now())
        transaction.on_commit(lambda: remove_photos(files))


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
    _check_room(get_pet(pet_id))
    content, extension = normalise_image(upload)
    at = clock.now()
    photo = PetPhoto(created_at=at)
    with ExitStack() as undo:
        photo.file.name = store_photo(content, extension)
        undo.callback(remove_photos, [photo.file.name])
        with transaction.atomic():
            _attach(photo, pet_id, actor, note)
        undo.pop_all()
    return photo


def remove_photo(*, pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None = None) -> None:
    """Take a photo from a pet; a file of ours is deleted.

    Raises:
        PetNotFound, PhotoNotFound, LoginRequired, Forbidden, StaleVersion
    """
    _rearrange(pet_id, photo_id, actor, expected_version, lambda _chosen, others: others)


def put_photo_first(*, pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None = None) -> None:
    """Make a photo the one that stands for the pet.

    Raises:
        PetNotFound, PhotoNotFound, LoginRequired, Forbidden, StaleVersion
    """
    _rearrange(pet_id, photo_id, actor, expected_version, lambda chosen, others: (chosen, *others))


Arrange = Callable[[str, tuple[str, ...]], tuple[str, ...]]


def _rearrange(pet_id: UUID, photo_id: int, actor: Actor, expected_version: int | None, arrange: Arrange) -> None:
    actor.require_permission(Permission.CHANGE_PETS)
    at = clock.now()
    with transaction.atomic():
        pet = _locked(pet_id, expected_version)
        photos = {photo.pk: photo.address for photo in pet.photos.all()}
        chosen = photos.pop(photo_id, None)
        if chosen is None:
            raise PhotoNotFound
        changes = {"photos": _replace_photos(pet, arrange(chosen, tuple(photos.values())))}
        _assign(pet, {}, at)
        _record(Action.PET_UPDATED, pet, actor, changes, at)


def _attach(photo: PetPhoto, pet_id: UUID, actor: Actor, note: str) -> None:
    pet = photo.pet = _locked(pet_id, None)
    _check_room(pet)
    photo.save(force_insert=True)
    _assign(pet, {}, photo.created_at)
    changes = {"photos": [None, photo.file.name]} | ({"note": [None, note]} if note else {})
    _record(Action.PET_UPDATED, pet, actor, changes, photo.created_at)


def _check_room(pet: Pet) -> None:
    if pet.photos.count() >= MAX_PHOTOS:
        raise TooManyPhotos


@compiled_update
def reservation_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Hold an AVAILABLE pet for an order; of many simultaneous callers one finds it so (guarantees, G1)."""
    available = Pet.objects.filter(pk=pet_id, status=Pet.Status.AVAILABLE)
    return available, _new_status(Pet.Status.PENDING, at) | {"is_held": True}


@compiled_update
def adoption_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Mark a PENDING pet as ADOPTED: its order was delivered."""
    return Pet.objects.filter(pk=pet_id, status__in=ADOPTABLE), _new_status(Pet.Status.ADOPTED, at)


@compiled_update
def release_of(pet_id: UUID, at: datetime) -> PetUpdate:
    """Offer a pet again: its order was cancelled."""
    return Pet.objects.filter(pk=pet_id, status__in=RELEASABLE), _new_status(Pet.Status.AVAILABLE, at)


@compiled_query
def locked_pet(pet_id: UUID) -> QuerySet[Any, Pet]:
    """Lock a pet until the transaction ends."""
    return Pet.objects.select_for_update().filter(pk=pet_id)


def _new_status(status: Pet.Status, at: datetime) -> dict[str, Any]:
    return {"status": status, "is_held": False, "version": F("version") + 1, "updated_at": at}


def _locked(pet_id: UUID, expected_version: int | None) -> Pet:
    pet: Pet | None = Pet.objects.select_for_update().filter(pk=pet_id).first()
    if pet is None:
        raise PetNotFound
    if expected_version is not None and pet.version != expected_version:
        raise StaleVersion
    return pet


def _assign(pet: Pet, values: dict[str, Any], at: datetime) -> None:
    for name, value in values.items():
        setattr(pet, name, value)
    pet.check_fields(exclude={field.name for field in pet._meta.concrete_fields} - set(values))
    new = values | {"version": pet.version + 1, "updated_at": at}
    if Pet.objects.filter(pk=pet.pk, version=pet.version).update(**new) != 1:
        raise StaleVersion
    pet.version, pet.updated_at = pet.version + 1, at


def _replace_photos(pet: Pet, photos: tuple[str, ...]) -> list[object]:
    """Write the photos anew, in the order given; files that are not named go. Returns the old and new addresses."""
    before = {photo.address: photo for photo in pet.photos.all()}
    after = check_photo_addresses(photos, own=before)
    if after != tuple(before):
        gone = [photo.stored_name for address, photo in before.items() if photo.file and address not in after]
        pet.photos.all().delete()
        PetPhoto.objects.bulk_create([_photo(pet, address, before.get(address)) for address in after])
        transaction.on_commit(lambda: remove_photos(gone))
    return [list(before), list(after)]


def _photo(pet: Pet, address: str, before: PetPhoto | None) -> PetPhoto:
    if before is None:
        return PetPhoto(pet=pet, url=address)
    return PetPhoto(pet=pet, file=before.file.name, url=before.url, created_at=before.created_at)


def _plain(value: object) -> object:
    return money.format_amount(value) if isinstance(value, Decimal) else value


def _update_action(changes: dict[str, list[object]]) -> Action:
    old, new = changes["status"]
    return Action.PET_UPDATED if old == new else Action.PET_STATUS_CHANGED


def _record(  # noqa: PLR0913  # the parts of an entry
    action: Action, pet: Pet, actor: Actor, changes: dict[str, Any], at: datetime, *, reason: str = ""
) -> None:
    details = {"changes": changes} | ({"reason": reason} if reason else {})
    record_event(action, entity_type=EntityType.PETS, entity_id=pet.id, actor=actor, at=at, details=details)
