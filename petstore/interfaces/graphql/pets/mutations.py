"""The mutations of pets (contract, Pets)."""

from typing import Any, Final

from pets.errors import PetNotFound
from pets.models import Pet
from pets.services.catalog import create_pet, delete_pet, replace_pet
from petstore.interfaces.graphql.arguments import drop_nulls, read_id, read_if_match
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.siblings import make_single_source
from petstore.interfaces.representation.pet_changes import update_pet_partly
from petstore.interfaces.representation.pet_input import read_pet_arguments


def resolve_create_pet(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Add a pet to the store."""
    actor = info.context.admit_to(create_pet)
    described = drop_nulls(arguments["input"])
    pet = create_pet(**read_pet_arguments(described, site=info.context.site, status=Pet.Status.AVAILABLE), actor=actor)
    return {"pet": make_single_source(pet)}


def resolve_update_pet(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Change what the input names."""
    actor = info.context.admit_to(replace_pet)
    pet_id, version = read_id(arguments, PetNotFound), read_if_match(arguments)
    given = {name: drop_nulls(value) for name, value in arguments["input"].items()}
    pet = update_pet_partly(pet_id=pet_id, given=given, site=info.context.site, actor=actor, expected_version=version)
    return {"pet": make_single_source(pet)}


def resolve_delete_pet(_root: object, info: FieldInfo, **arguments: Any) -> dict[str, Any]:
    """Delete a pet that no order names."""
    actor = info.context.admit_to(delete_pet)
    pet_id = read_id(arguments, PetNotFound)
    delete_pet(pet_id=pet_id, expected_version=read_if_match(arguments), actor=actor)
    return {"deletedPetId": str(pet_id)}


TYPES: Final = (
    TypeBinding(
        "Mutation",
        resolvers={
            "createPet": resolve_create_pet,
            "updatePet": resolve_update_pet,
            "deletePet": resolve_delete_pet,
        },
    ),
)
