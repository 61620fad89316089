"""The unary methods of PetService (contract, Pets; gRPC)."""

from pets.errors import PetNotFound
from pets.models import Pet
from pets.queries import get_pet, list_pets_with_photos
from pets.services.catalog import create_pet, delete_pet, replace_pet
from petstore.interfaces.grpc.field_names import rename_faults
from petstore.interfaces.grpc.messages.pets import build_pet
from petstore.interfaces.grpc.methods import Call
from petstore.interfaces.grpc.requests.pages import name_list_field, read_asked_page
from petstore.interfaces.grpc.requests.pet_masks import describe_pet_changes, read_pet_mask
from petstore.interfaces.grpc.requests.pets import describe_pet, describe_pet_query, name_pet_fields
from petstore.interfaces.grpc.requests.values import keep_given_values, parse_row_id
from petstore.interfaces.grpc.stubs import pets_pb2
from petstore.interfaces.http.search_limit import hold_search_slot
from petstore.interfaces.representation.collections import read_collection_page
from petstore.interfaces.representation.etags import parse_expected_version
from petstore.interfaces.representation.filters import filter_by_query
from petstore.interfaces.representation.pet_changes import update_pet_partly
from petstore.interfaces.representation.pet_filters import PetFilter, choose_pet_ordering
from petstore.interfaces.representation.pet_input import read_pet_arguments
from petstore.interfaces.representation.totals import count_rows_bounded


def show_pet(request: pets_pb2.GetPetRequest, call: Call) -> pets_pb2.Pet:
    """Return one pet."""
    return build_pet(get_pet(parse_row_id(request.id, PetNotFound)), call.site)


def show_pets(request: pets_pb2.ListPetsRequest, call: Call) -> pets_pb2.ListPetsResponse:
    """Return one page of the pets that match."""
    query = describe_pet_query(request)
    with rename_faults(name_list_field):
        asked = read_asked_page(request)
        rows = filter_by_query(PetFilter, query, list_pets_with_photos())
        with hold_search_slot(query.get("search", "")):
            page = read_collection_page(rows, choose_pet_ordering(query.get("sort", "")), asked)
            total = count_rows_bounded(rows)
    return pets_pb2.ListPetsResponse(
        pets=[build_pet(pet, call.site) for pet in page.rows],
        total=total.items,
        page=page.number,
        limit=page.limit,
        next_page_token=page.next.encode_cursor() if page.next else None,
    )


def add_pet(request: pets_pb2.CreatePetRequest, call: Call) -> pets_pb2.Pet:
    """Take a pet into the store."""
    with rename_faults(name_pet_fields(request.pet)):
        described = keep_given_values(describe_pet(request.pet))
        arguments = read_pet_arguments(described, site=call.site, status=Pet.Status.AVAILABLE)
        pet = create_pet(**arguments, actor=call.actor)
    return build_pet(pet, call.site)


def change_pet(request: pets_pb2.UpdatePetRequest, call: Call) -> pets_pb2.Pet:
    """Change what the mask names; without one what the request says of the pet."""
    pet_id, expected = parse_row_id(request.pet.id, PetNotFound), parse_expected_version(request.pet.etag)
    mask = read_pet_mask(request)
    with rename_faults(name_pet_fields(request.pet, price_fields=mask.price_fields)):
        if mask.is_whole:
            described = keep_given_values(describe_pet(request.pet))
            arguments = read_pet_arguments(described, site=call.site, status=None)
            pet = replace_pet(
                pet_id=pet_id, actor=call.actor, expected_version=expected, allows_unexplained=True, **arguments
            )
        else:
            given = describe_pet_changes(request.pet, mask)
            pet = update_pet_partly(
                pet_id=pet_id, given=given, site=call.site, actor=call.actor, expected_version=expected
            )
    return build_pet(pet, call.site)


def remove_pet(request: pets_pb2.DeletePetRequest, call: Call) -> pets_pb2.DeletePetResponse:
    """Delete a pet that no order names."""
    pet_id = parse_row_id(request.id, PetNotFound)
    delete_pet(pet_id=pet_id, actor=call.actor, expected_version=parse_expected_version(request.etag))
    return pets_pb2.DeletePetResponse(success=True)
