"""UpdatePet changes what its mask names (contract, gRPC; google.aip.dev/134)."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from accounts.models import User
from kernel.errors import Invalid, StaleVersion
from pets.errors import PetIsHeld, PetNotFound
from pets.models import Pet
from petstore.interfaces.grpc.requests.pet_masks import READ_ONLY_FIELDS
from petstore.interfaces.grpc.stubs import pets_pb2
from petstore.interfaces.grpc.stubs.pets_pb2 import GetPetRequest, MedicalInfo, UpdatePetRequest
from petstore.interfaces.grpc.stubs.pets_pb2 import Pet as PetMessage
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import NOBODY, Caller

pytestmark = pytest.mark.django_db

PHOTO = "https://img.example/1.jpg"
NEW: dict[str, Any] = {
    "name": "Luna",
    "species": pets_pb2.CAT,
    "breed": "Manx",
    "age_months": 0,
    "status": pets_pb2.NOT_AVAILABLE,
    "currency": "EUR",
    "price": "7.50",
    "size": pets_pb2.SIZE_LARGE,
    "color": "grey",
    "gender": pets_pb2.GENDER_MALE,
    "good_with_kids": False,
    "description": "A wild cat.",
    "photos": ["https://img.example/2.jpg"],
    "medical_info": MedicalInfo(microchipped=True),
}
CLEARED: dict[str, Any] = {
    "breed": "",
    "size": 0,
    "color": "",
    "gender": 0,
    "good_with_kids": False,
    "description": "",
    "photos": [],
    "medical_info": MedicalInfo(),
}
STAMPS = {"updated_at", "etag"}


@pytest.fixture
def luna(acme: Tenant) -> Pet:
    return PetFactory.create(
        tenant=acme,
        breed="Beagle",
        size="SMALL",
        color="brown",
        gender="FEMALE",
        good_with_kids=True,
        description="A calm dog.",
        photos=(PHOTO,),
        vaccinated=True,
        health_notes="Sneezes.",
    )


def read(caller: Caller, pet: Pet) -> PetMessage:
    message: PetMessage = caller.call("PetService/GetPet", GetPetRequest(id=str(pet.id)))
    return message


def update(caller: Caller, pet: Pet, *paths: str, **values: Any) -> PetMessage:
    """The pet after an update; with paths under this mask, else without one."""
    request = UpdatePetRequest(pet=PetMessage(id=str(pet.id), **values))
    if paths:
        request.update_mask.MergeFrom(FieldMask(paths=paths))
    message: PetMessage = caller.call("PetService/UpdatePet", request)
    return message


def show_fields(message: Message) -> dict[str, Any]:
    """Each field that an update can leave as it was."""
    fields = {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}
    return {name: value for name, value in fields.items() if name not in STAMPS}


def expected(before: Message, **changed: Any) -> dict[str, Any]:
    if "price" in changed:
        changed["adoption_fee"] = float(changed["price"])
    return show_fields(before) | changed


def test_every_field_that_can_change_is_tried_here() -> None:
    assert {*NEW, "adoption_fee", *READ_ONLY_FIELDS} == {field.name for field in PetMessage.DESCRIPTOR.fields}


@pytest.mark.parametrize("name", NEW)
def test_the_mask_names_what_changes_and_nothing_else_does(sam: User, luna: Pet, name: str) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    answer = update(caller, luna, name, **NEW)
    assert show_fields(answer) == expected(before, **{name: NEW[name]})
    assert read(caller, luna) == answer


@pytest.mark.parametrize("name", NEW)
def test_without_a_mask_what_is_present_changes(sam: User, luna: Pet, name: str) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    assert show_fields(update(caller, luna, **{name: NEW[name]})) == expected(before, **{name: NEW[name]})


def test_an_empty_mask_is_none(sam: User, luna: Pet) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    request = UpdatePetRequest(pet=PetMessage(id=str(luna.id), color="grey"), update_mask=FieldMask())
    assert show_fields(caller.call("PetService/UpdatePet", request)) == expected(before, color="grey")


@pytest.mark.parametrize("name", CLEARED)
def test_a_path_of_what_is_not_given_clears_it(sam: User, luna: Pet, name: str) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    answer = update(caller, luna, name)
    assert show_fields(answer) == expected(before, **{name: CLEARED[name]})
    assert name in {"photos", "medical_info", "size", "gender"} or not answer.HasField(name)


@pytest.mark.parametrize("name", sorted(NEW.keys() - CLEARED.keys() - {"price"}))
def test_what_every_pet_has_cannot_be_cleared(sam: User, luna: Pet, name: str) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    with pytest.raises(Invalid) as refused:
        update(caller, luna, name)
    assert [fault.field for fault in refused.value.faults] == [f"pet.{name}"]
    assert read(caller, luna) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spayed_neutered", True),
        ("vaccinated", False),
        ("microchipped", True),
        ("special_needs", True),
        ("health_notes", "Well."),
        ("health_notes", ""),
    ],
)
def test_a_path_into_the_medical_record_keeps_the_rest_of_it(sam: User, luna: Pet, path: str, value: Any) -> None:
    caller = Caller(sam)
    record = MedicalInfo(vaccinated=True, health_notes="Sneezes.")
    assert read(caller, luna).medical_info == record
    answer = update(caller, luna, f"medical_info.{path}", medical_info=MedicalInfo(**{path: value}))
    assert getattr(answer.medical_info, path) == value
    others = {field.name for field in record.DESCRIPTOR.fields} - {path}
    assert {name: getattr(answer.medical_info, name) for name in others} == {n: getattr(record, n) for n in others}


def test_a_star_replaces_all_as_rest_s_put(api: Client, sam: User, luna: Pet) -> None:
    twin = PetFactory.create(tenant=sam.tenant, status="NOT_AVAILABLE", photos=(PHOTO,), breed="Beagle")
    body = {"name": "Luna", "species": "CAT", "ageMonths": 3, "price": "7.50"}
    rest = api.as_(sam).put(f"/v1/pets/{twin.id}", body).json()
    values = {"name": "Luna", "species": pets_pb2.CAT, "age_months": 3, "price": "7.50"}
    answer = update(Caller(sam), luna, "*", **values)
    assert show_fields(answer) == {
        **expected(PetMessage(id=str(luna.id), tenant_id=rest["tenantId"]), **values),
        "status": pets_pb2.AVAILABLE,
        "currency": "USD",
        "created_at": answer.created_at,
    }
    assert (rest["status"], rest["currency"], rest["photos"], rest["breed"]) == ("NOT_AVAILABLE", "USD", [], None)


def test_a_star_wants_what_a_new_pet_has(sam: User, luna: Pet) -> None:
    with pytest.raises(Invalid) as refused:
        update(Caller(sam), luna, "*", name="Luna")
    assert {fault.field for fault in refused.value.faults} == {"pet.species", "pet.age_months", "pet.price"}


@pytest.mark.parametrize("path", ["ageMonths", "nothing", "medical_info.nothing", "name.first", "", "pet.name", "**"])
@pytest.mark.parametrize("beside", [(), ("name",), ("*",)])
def test_an_unknown_path_is_refused(sam: User, luna: Pet, path: str, beside: tuple[str, ...]) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    with pytest.raises(Invalid) as refused:
        update(caller, luna, path, *beside, **NEW)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("update_mask", "unknown_field")]
    assert not path or path not in str(refused.value) + refused.value.faults[0].message
    assert read(caller, luna) == before


def test_what_is_read_only_is_passed_over(sam: User, luna: Pet, globex: Tenant) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    sent = PetMessage()
    sent.CopyFrom(before)
    sent.tenant_id, sent.color = str(globex.id), "grey"
    sent.created_at.seconds = 1
    mask = FieldMask(paths=[*READ_ONLY_FIELDS, "color"])
    answer = caller.call("PetService/UpdatePet", UpdatePetRequest(pet=sent, update_mask=mask))
    assert show_fields(answer) == expected(before, color="grey")


def test_a_pet_can_be_sent_back_as_it_came(sam: User, luna: Pet) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    assert show_fields(caller.call("PetService/UpdatePet", UpdatePetRequest(pet=before))) == show_fields(before)


@pytest.mark.parametrize("etag", ['"v2"', '"v0"', "nonsense", 'W/"v1"'])
def test_another_etag_than_the_pet_s_is_stale(sam: User, luna: Pet, etag: str) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    for paths in ((), ("color",), ("*",)):
        with pytest.raises(StaleVersion):
            update(caller, luna, *paths, etag=etag, **NEW)
    assert read(caller, luna) == before
    assert update(caller, luna, "color", etag=before.etag, color="grey").etag == '"v2"'


@pytest.mark.parametrize(
    ("paths", "values", "price"),
    [
        (("adoption_fee",), {"adoption_fee": 8.5, "price": "1.00"}, "8.50"),
        (("price",), {"adoption_fee": 8.5, "price": "1.00"}, "1.00"),
        (("price", "adoption_fee"), {"adoption_fee": 8.5, "price": "8.5"}, "8.50"),
        ((), {"adoption_fee": 8.5}, "8.50"),
    ],
)
def test_the_fee_is_the_price_where_the_mask_names_it(
    sam: User, luna: Pet, paths: tuple[str, ...], values: dict[str, Any], price: str
) -> None:
    assert update(Caller(sam), luna, *paths, **values).price == price


@pytest.mark.parametrize(
    ("paths", "values", "field"),
    [
        ((), {"adoption_fee": 8.5, "price": "1.00"}, "pet.adoption_fee"),
        (("price", "adoption_fee"), {"adoption_fee": 8.5, "price": "1.00"}, "pet.adoption_fee"),
        (("adoption_fee",), {"adoption_fee": 8.555}, "pet.adoption_fee"),
        (("adoption_fee",), {"price": "1.00"}, "pet.price"),
        (("price",), {"adoption_fee": 8.5}, "pet.price"),
        (("price",), {"price": "-1"}, "pet.price"),
    ],
)
def test_a_price_that_is_none_is_refused_by_its_name(
    sam: User, luna: Pet, paths: tuple[str, ...], values: dict[str, Any], field: str
) -> None:
    caller = Caller(sam)
    before = read(caller, luna)
    with pytest.raises(Invalid) as refused:
        update(caller, luna, *paths, **values)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert read(caller, luna) == before


def test_the_status_of_a_held_pet_stays(sam: User, luna: Pet) -> None:
    OrderFactory.create(pet=luna)
    with pytest.raises(PetIsHeld):
        update(Caller(sam), luna, "status", status=pets_pb2.AVAILABLE)
    assert update(Caller(sam), luna, "color", color="grey").status == pets_pb2.PENDING


def test_a_pet_of_another_tenant_is_not_found_and_stays(sam: User, mia: Pet) -> None:
    for paths in ((), ("name",), ("*",)):
        with pytest.raises(PetNotFound):
            update(Caller(sam), mia, *paths, **NEW)
    assert read(Caller(at=mia.tenant), mia).name == "Mia"
    assert str(mia.id) != NOBODY
