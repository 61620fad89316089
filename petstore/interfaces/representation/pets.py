"""Pets as every protocol shows them (contract, Pet)."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from pets.models import Pet, build_photo_address
from pets.queries import PetWithPhotos
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import (
    AmountField,
    BlankEnumField,
    BlankTextField,
    CurrencyField,
    EnumField,
    FlagField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
    WholeNumberField,
)
from petstore.interfaces.representation.model_rules import get_max_length
from petstore.interfaces.representation.serializers import OutputSerializer


class PhotoListField(serializers.ListField):
    """The addresses of a pet's photos, which come as rows, or as their sources in the pet's own row."""

    child = serializers.URLField()

    def to_representation(self, data: Any) -> list[str]:
        if isinstance(data, list):
            return [build_photo_address(source) for source in data]
        return [photo.address for photo in data.all()]


class MedicalInfo(OutputSerializer):
    """A pet's medical record."""

    spayedNeutered = FlagField(source="spayed_neutered")
    vaccinated = FlagField()
    microchipped = FlagField()
    specialNeeds = FlagField(source="special_needs")
    healthNotes = BlankTextField(source="health_notes")

    class Meta:
        ref_name = "MedicalInfo"


class PetOutput(OutputSerializer):
    """A pet."""

    id = IdField()
    species = EnumField(choices=Pet.Species.values)
    name = TextField(min_length=1, max_length=get_max_length(Pet, "name"))
    breed = BlankTextField()
    ageMonths = WholeNumberField(source="age_months")
    size = BlankEnumField(choices=Pet.Size.values)
    color = BlankTextField()
    gender = BlankEnumField(choices=Pet.Gender.values)
    goodWithKids = FlagField(source="good_with_kids", required=False, allow_null=True)
    price = AmountField()
    currency = CurrencyField()
    description = BlankTextField()
    status = EnumField(choices=Pet.Status.values)
    photos = PhotoListField(required=False)
    medicalInfo = MedicalInfo(source="*", required=False)
    createdAt = TimestampField(source="created_at")
    updatedAt = TimestampField(source="updated_at")
    tenantId = TenantIdField(source="tenant_id", allow_null=True)

    class Meta:
        ref_name = "Pet"


def compile_pet_representation(site: str) -> Callable[[Pet | PetWithPhotos], dict[str, Any]]:
    """Return a function that represents pets, with the photos' URLs at this site."""
    represent = compile_representation(PetOutput)

    def represent_pet(pet: Pet | PetWithPhotos) -> dict[str, Any]:
        data = represent(pet)
        data["photos"] = [make_photo_absolute(site, address) for address in data["photos"]]
        return data

    return represent_pet


def make_photo_absolute(site: str, address: str) -> str:
    """Return a photo's absolute URL: that of an uploaded one is stored without the site."""
    return site + address if address.startswith("/") else address
