"""The mask of a pet's update: which fields it is about (contract, gRPC; google.aip.dev/134)."""

from dataclasses import dataclass
from typing import Any, Final

from kernel.errors import Invalid
from petstore.interfaces.grpc.requests.pets import PRICE_FIELDS, describe_medical_info, describe_pet
from petstore.interfaces.grpc.requests.values import keep_given_values
from petstore.interfaces.grpc.stubs import pets_pb2

ALL_FIELDS: Final = "*"
READ_ONLY_FIELDS: Final = frozenset({"id", "created_at", "updated_at", "tenant_id", "etag"})
"""A path of one is passed over, as its value is: whoever sends a pet back as they got it names them, too."""
_RECORD: Final = "medical_info"
_NAMES: Final = {field.name: field.json_name for field in pets_pb2.Pet.DESCRIPTOR.fields} | {
    f"{_RECORD}.{field.name}": f"medicalInfo.{field.json_name}" for field in pets_pb2.MedicalInfo.DESCRIPTOR.fields
}
"""REST's names by the paths."""


@dataclass(frozen=True, slots=True)
class PetMask:
    """The fields that an update is about.

    Attributes:
        paths: none where the fields that the pet has are meant.
        is_whole: all fields are meant, and what the pet does not have is cleared.
    """

    paths: frozenset[str]
    is_whole: bool = False

    @property
    def price_fields(self) -> frozenset[str]:
        """Return which of the two prices count."""
        return PRICE_FIELDS & self.paths if self.paths else PRICE_FIELDS


def read_pet_mask(request: pets_pb2.UpdatePetRequest) -> PetMask:
    """Read the mask of an update; an empty one is none.

    Raises:
        Invalid: it has a path that is no field's.
    """
    paths = frozenset(request.update_mask.paths)
    if paths - _NAMES.keys() - {ALL_FIELDS}:
        raise Invalid.for_field("update_mask", "A path names no field of a pet.", "unknown_field")
    if ALL_FIELDS in paths:
        return PetMask(frozenset(), is_whole=True)
    return PetMask(paths)


def describe_pet_changes(pet: pets_pb2.Pet, mask: PetMask) -> dict[str, Any]:
    """Return the new values by REST's names: of the paths, None where the pet has none; without paths what it has.

    Raises:
        Invalid: the two prices disagree.
    """
    described = describe_pet(pet, price_fields=mask.price_fields)
    if not mask.paths:
        return keep_given_values(described)
    record = describe_medical_info(pet.medical_info)
    described |= {f"medicalInfo.{name}": value for name, value in record.items()}
    named = {"price" if path in PRICE_FIELDS else _NAMES[path] for path in mask.paths - READ_ONLY_FIELDS}
    return {name: described[name] for name in named}
