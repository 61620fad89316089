"""Pets as messages; what REST shows as null is absent (contract, Pet; gRPC)."""

from kernel import money
from pets.models import Pet
from petstore.interfaces.grpc.enum_words import GENDER, PET_STATUS, SIZE, SPECIES
from petstore.interfaces.grpc.messages.timestamps import set_timestamp
from petstore.interfaces.grpc.stubs import pets_pb2
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.pets import make_photo_absolute
from tenants.scoping import public_tenant_id


def build_pet(pet: Pet, site: str) -> pets_pb2.Pet:
    """Build the message of a pet, with the photos' URLs at this site."""
    tenant_id = public_tenant_id(pet.tenant_id)
    message = pets_pb2.Pet(
        id=str(pet.id),
        name=pet.name,
        species=SPECIES.numbers[pet.species],
        breed=pet.breed or None,
        age_months=pet.age_months,
        status=PET_STATUS.numbers[pet.status],
        adoption_fee=float(pet.price),
        currency=pet.currency,
        price=money.format_amount(pet.price),
        size=SIZE.numbers[pet.size],
        color=pet.color or None,
        gender=GENDER.numbers[pet.gender],
        good_with_kids=pet.good_with_kids,
        description=pet.description or None,
        photos=[make_photo_absolute(site, photo.address) for photo in pet.photos.all()],
        medical_info=_build_medical_info(pet),
        tenant_id=str(tenant_id) if tenant_id else None,
        etag=format_version_etag(pet.version),
    )
    set_timestamp(message.created_at, pet.created_at)
    set_timestamp(message.updated_at, pet.updated_at)
    return message


def _build_medical_info(pet: Pet) -> pets_pb2.MedicalInfo:
    return pets_pb2.MedicalInfo(
        spayed_neutered=pet.spayed_neutered,
        vaccinated=pet.vaccinated,
        microchipped=pet.microchipped,
        special_needs=pet.special_needs,
        health_notes=pet.health_notes or None,
    )
