"""The types of pets (contract, Pet)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pets.models import Pet
from pets.queries import PetRow, list_photos_of_pets
from petstore.interfaces.graphql.bindings import FieldInfo, Part, TypeBinding
from petstore.interfaces.graphql.connections import CONNECTION_RESOLVERS
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.siblings import Source
from petstore.interfaces.representation.compilation import compile_field_readers
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.pets import MedicalInfo, PetOutput, make_photo_absolute

PetSource = Source[Pet] | Source[PetRow]


def load_photos(pets: Sequence[Pet | PetRow], context: CallContext) -> dict[UUID, list[str]]:
    """Return the addresses of the photos of all these pets."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for photo in list_photos_of_pets([pet.id for pet in pets]):
        found[photo.pet_id].append(make_photo_absolute(context.site, photo.address))
    return found


def resolve_photos(source: PetSource, info: FieldInfo) -> list[str]:
    """Return the addresses of the pet's photos."""
    return source.batch.load_once(load_photos, info.context).get(source.row.id, [])


_RESOLVERS: Final[dict[str, Any]] = {"photos": resolve_photos, "medicalInfo": Part()}
_COLUMNS: Final = {name: read for name, read in compile_field_readers(PetOutput).items() if name not in _RESOLVERS} | {
    "etag": lambda pet: format_version_etag(pet.version)
}

TYPES: Final = (
    TypeBinding("Pet", _COLUMNS, _RESOLVERS),
    TypeBinding("MedicalInfo", compile_field_readers(MedicalInfo)),
    TypeBinding("PetConnection", resolvers=CONNECTION_RESOLVERS),
)
