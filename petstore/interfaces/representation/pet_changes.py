"""Change some fields of a pet and keep the others, for protocols with partial updates (contract, GraphQL; gRPC)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import StaleVersion
from pets.models import Pet
from pets.queries import get_changeable_pet
from pets.services.catalog import replace_pet
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.pet_input import PetInput, read_pet_arguments
from petstore.interfaces.representation.pets import PetOutput

TRIES: Final = 3
CLEARED_BY_ABSENCE: Final = frozenset({"photos", "medicalInfo"})
"""Fields that a replacement empties where it leaves them out; it takes no null for them."""
KEPT_BY_ABSENCE: Final = frozenset({"photos", "status"})
"""Fields that a replacement keeps where it leaves them out: arguments of their own of `replace_pet`."""


def update_pet_partly(
    *, pet_id: UUID, given: Mapping[str, Any], site: str, actor: Actor, expected_version: int | None
) -> Pet:
    """Change the fields that are given; the rules are those of a replacement.

    Without an expected version, a change by somebody else meanwhile is merged with.

    Args:
        given: the new values under REST's names; None clears what may be empty, and is refused for the rest.
            `medicalInfo.vaccinated` names a part of the record, whose other parts stay.
        site: the address of the site, which the photos' own addresses are stored without.
        expected_version: the version that the caller saw.

    Raises:
        ValidationError: DRF's, with the fields at fault.
        What `pets.services.catalog.replace_pet` raises.
    """
    tries = TRIES if expected_version is None else 1
    for _ in range(tries - 1):
        try:
            return _merge_and_replace(pet_id, given, site, actor, expected_version)
        except StaleVersion:
            continue
    return _merge_and_replace(pet_id, given, site, actor, expected_version)


def _merge_and_replace(
    pet_id: UUID, given: Mapping[str, Any], site: str, actor: Actor, expected_version: int | None
) -> Pet:
    pet = get_changeable_pet(pet_id, actor=actor)
    if expected_version not in (None, pet.version):
        raise StaleVersion
    arguments = read_pet_arguments(_merge_pet_fields(pet, given), site=site, status=None)
    if "photos" not in given:
        arguments["photos"] = None
    return replace_pet(pet_id=pet_id, actor=actor, expected_version=pet.version, allows_unexplained=True, **arguments)


def _merge_pet_fields(pet: Pet, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the replacement that has the same effect."""
    represented = compile_representation(PetOutput)(pet)
    kept = {name: represented[name] for name in map(str, PetInput().fields) if name not in KEPT_BY_ABSENCE}
    merged = kept | {name: value for name, value in given.items() if "." not in name}
    for name in given.keys() - merged.keys():
        outer, _, inner = name.partition(".")
        merged[outer] = {**(merged[outer] or {}), inner: given[name]}
    cleared = {name for name in CLEARED_BY_ABSENCE if merged.get(name, ()) is None}
    return {name: value for name, value in merged.items() if name not in cleared}
