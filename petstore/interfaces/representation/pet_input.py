"""Pets as every protocol takes them (contract, Pets)."""

from typing import Any, ClassVar

from django.conf import settings

from pets.models import Pet
from pets.photo_addresses import MAX_ADDRESS, MAX_PHOTOS
from pets.services.details import PetDetails
from petstore.interfaces.representation.fields import (
    AmountField,
    BlankEnumField,
    BlankTextField,
    BoundedListField,
    CurrencyField,
    EnumField,
    FlagField,
    TextField,
    WholeNumberField,
    refuse_control_characters,
)
from petstore.interfaces.representation.model_rules import get_max_length
from petstore.interfaces.representation.pets import PetOutput
from petstore.interfaces.representation.serializers import InputSerializer


class MedicalInfoInput(InputSerializer):
    """A pet's medical record; fields left out are false or blank."""

    spayedNeutered = FlagField(source="spayed_neutered", default=False)
    vaccinated = FlagField(default=False)
    microchipped = FlagField(default=False)
    specialNeeds = FlagField(source="special_needs", default=False)
    healthNotes = BlankTextField(
        source="health_notes",
        max_length=get_max_length(Pet, "health_notes"),
        validators=[refuse_control_characters],
    )

    class Meta:
        ref_name = "NewMedicalInfo"

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, {}) if data is None else super().validate_empty_values(data)


class PetInput(InputSerializer):
    """A pet as staff describe it. A replacement clears the fields left out, but keeps the status."""

    ignored: ClassVar[frozenset[str]] = frozenset(PetOutput().fields)

    name = TextField(max_length=get_max_length(Pet, "name"), trim_whitespace=True)
    species = EnumField(choices=Pet.Species.values)
    ageMonths = WholeNumberField(source="age_months")
    price = AmountField()
    currency = CurrencyField(required=False)
    breed = BlankTextField(max_length=get_max_length(Pet, "breed"))
    size = BlankEnumField(choices=Pet.Size.values)
    color = BlankTextField(max_length=get_max_length(Pet, "color"))
    gender = BlankEnumField(choices=Pet.Gender.values)
    goodWithKids = FlagField(source="good_with_kids", required=False, allow_null=True)
    description = BlankTextField(max_length=get_max_length(Pet, "description"))
    status = EnumField(choices=Pet.Status.values, required=False)
    photos = BoundedListField(
        child=TextField(max_length=MAX_ADDRESS),
        max_length=MAX_PHOTOS,
        required=False,
        help_text="https URLs, and those that the pet has already, such as of its uploaded photos.",
    )
    medicalInfo = MedicalInfoInput(source="*", required=False, allow_null=True)

    class Meta:
        ref_name = "NewPet"


def read_pet_arguments(data: Any, *, site: str, status: str | None) -> dict[str, Any]:
    """Return the arguments of `create_pet` and `replace_pet`, all but the actor, from a body.

    Args:
        site: the address of the site, which the photos' own addresses are stored without.
        status: the status where the body has none.

    Raises:
        ValidationError: DRF's, with the fields at fault.
        Invalid
    """
    values = PetInput.validate_request_body(data)
    own = site + settings.MEDIA_URL
    photos = [
        settings.MEDIA_URL + address.removeprefix(own) if address.startswith(own) else address
        for address in values.pop("photos", ())
    ]
    status = values.pop("status", status)
    return {"details": PetDetails(**values), "status": status, "photos": tuple(photos)}
