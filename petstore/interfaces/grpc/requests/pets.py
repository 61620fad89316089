"""Requests about pets, in the words of REST's bodies and query strings (contract, Pets; gRPC)."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from kernel import money
from kernel.errors import Invalid
from petstore.interfaces.grpc.enum_words import GENDER, PET_STATUS, SIZE, SPECIES
from petstore.interfaces.grpc.field_names import Rename
from petstore.interfaces.grpc.requests.values import keep_given_values, write_flag, write_number
from petstore.interfaces.grpc.stubs import pets_pb2
from petstore.interfaces.representation.pet_filters import ANY_STATUS

PRICE_FIELDS: Final = frozenset({"price", "adoption_fee"})
"""Both are the price; REST has the first one only."""


def describe_pet(pet: pets_pb2.Pet, *, price_fields: Collection[str] = PRICE_FIELDS) -> dict[str, Any]:
    """Return what a message says of a pet, as REST's body has it; None is what it does not say.

    Args:
        price_fields: those of PRICE_FIELDS that count.

    Raises:
        Invalid: the two prices disagree.
    """
    return {
        "name": pet.name or None,
        "species": SPECIES.describe_number(pet.species),
        "breed": pet.breed or None,
        "ageMonths": pet.age_months if pet.HasField("age_months") else None,
        "status": PET_STATUS.describe_number(pet.status),
        "price": _describe_price(pet, price_fields),
        "currency": pet.currency or None,
        "size": SIZE.describe_number(pet.size),
        "color": pet.color or None,
        "gender": GENDER.describe_number(pet.gender),
        "goodWithKids": pet.good_with_kids if pet.HasField("good_with_kids") else None,
        "description": pet.description or None,
        "photos": list(pet.photos) or None,
        "medicalInfo": describe_medical_info(pet.medical_info) if pet.HasField("medical_info") else None,
    }


def describe_medical_info(record: pets_pb2.MedicalInfo) -> dict[str, Any]:
    """Return a pet's medical record as REST's body has it."""
    return {
        "spayedNeutered": record.spayed_neutered,
        "vaccinated": record.vaccinated,
        "microchipped": record.microchipped,
        "specialNeeds": record.special_needs,
        "healthNotes": record.health_notes or None,
    }


def name_pet_fields(pet: pets_pb2.Pet, *, price_fields: Collection[str] = PRICE_FIELDS) -> Rename:
    """Return what names the fields of a pet within a request: a price that came as the fee is at fault as the fee."""
    has_price = "price" in price_fields and pet.price
    is_fee = "adoption_fee" in price_fields and pet.HasField("adoption_fee") and not has_price

    def name_pet_field(name: str) -> str:
        return f"pet.{'adoption_fee' if is_fee and name == 'price' else name}"

    return name_pet_field


def describe_pet_query(request: pets_pb2.ListPetsRequest) -> dict[str, str]:
    """Return the query string that asks REST for the same list."""
    status = ANY_STATUS if request.all_statuses else PET_STATUS.describe_number(request.status)
    asked = {
        "species": SPECIES.describe_number(request.species),
        "status": status,
        "size": SIZE.describe_number(request.size),
        "goodWithKids": write_flag(request, "good_with_kids"),
        "ageMin": write_number(request, "age_min"),
        "ageMax": write_number(request, "age_max"),
        "priceMin": request.price_min or None,
        "priceMax": request.price_max or None,
        "search": request.search or None,
        "sort": request.sort or None,
    }
    return keep_given_values(asked)


def _describe_price(pet: pets_pb2.Pet, fields: Collection[str]) -> str | None:
    price = (pet.price or None) if "price" in fields else None
    if "adoption_fee" not in fields or not pet.HasField("adoption_fee"):
        return price
    if price is None:
        return format(Decimal(repr(pet.adoption_fee)), "f")
    _refuse_other_fee(price, pet.adoption_fee)
    return price


def _refuse_other_fee(price: str, fee: float) -> None:
    """Refuse a fee that is not the price; a price that is none is refused later, with the other fields at fault."""
    try:
        amount = money.parse_amount(price)
    except Invalid:
        return
    if float(amount) != fee:
        raise Invalid.for_field("adoption_fee", "This is not the price.", "wrong_amount")
