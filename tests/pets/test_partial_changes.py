"""Some fields of a pet change and the others stay (contract, GraphQL; gRPC)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import DomainError, Forbidden, LoginRequired, StaleVersion
from pets.errors import PetIsHeld, PetNotFound
from pets.models import Pet
from pets.queries import get_pet
from petstore.interfaces.representation.pet_changes import update_pet_partly
from petstore.interfaces.representation.pet_input import PetInput
from petstore.interfaces.representation.pets import compile_pet_representation
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import run_together
from tests.factories import OrderFactory, PetFactory, acting

SITE = "http://testserver"
FILLED: dict[str, Any] = {
    "breed": "Beagle",
    "size": "SMALL",
    "color": "brown",
    "gender": "FEMALE",
    "good_with_kids": True,
    "description": "A calm dog.",
    "vaccinated": True,
    "health_notes": "Sneezes.",
}
PHOTO = "https://pictures.example.com/luna.jpg"
EMPTY: dict[str, Any] = {
    "breed": None,
    "size": None,
    "color": None,
    "gender": None,
    "goodWithKids": None,
    "description": None,
    "photos": [],
    "medicalInfo": {
        "spayedNeutered": False,
        "vaccinated": False,
        "microchipped": False,
        "specialNeeds": False,
        "healthNotes": None,
    },
}
GIVEN: dict[str, Any] = {
    "name": "Luna",
    "species": "CAT",
    "ageMonths": 3,
    "price": "7.50",
    "currency": "EUR",
    "breed": "Manx",
    "size": "LARGE",
    "color": "grey",
    "gender": "MALE",
    "goodWithKids": False,
    "description": "A wild cat.",
    "status": "NOT_AVAILABLE",
    "photos": ["https://pictures.example.com/other.jpg"],
    "medicalInfo": EMPTY["medicalInfo"] | {"microchipped": True},
}
STAMPS = ("updatedAt",)

pytestmark = pytest.mark.django_db


@pytest.fixture
def luna(acme: Tenant) -> Pet:
    return PetFactory.create(tenant=acme, photos=(PHOTO,), **FILLED)


def shown(pet: Pet) -> dict[str, Any]:
    """The pet as the database has it, without its times."""
    represented = compile_pet_representation(SITE)(get_pet(pet.id))
    return {name: value for name, value in represented.items() if name not in STAMPS}


def change(pet: Pet, given: dict[str, Any], actor: Actor = SYSTEM, expected_version: int | None = None) -> Pet:
    return update_pet_partly(pet_id=pet.id, given=given, site=SITE, actor=actor, expected_version=expected_version)


def test_every_field_that_a_pet_is_described_by_is_tried_here() -> None:
    assert GIVEN.keys() == PetInput().fields.keys()


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("name", GIVEN)
def test_a_field_that_is_given_changes_and_the_others_stay(luna: Pet, name: str) -> None:
    before = shown(luna)
    change(luna, {name: GIVEN[name]})
    assert shown(luna) == before | {name: GIVEN[name]}


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("name", EMPTY)
def test_null_clears_what_may_be_empty(luna: Pet, name: str) -> None:
    before = shown(luna)
    change(luna, {name: None})
    assert shown(luna) == before | {name: EMPTY[name]}


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("name", sorted(GIVEN.keys() - EMPTY.keys()))
def test_null_is_refused_for_what_every_pet_has(luna: Pet, name: str) -> None:
    before = shown(luna)
    with pytest.raises(ValidationError) as refused:
        change(luna, {name: None})
    assert refused.value.get_codes() == {name: ["null"]}
    assert shown(luna) == before


@pytest.mark.usefixtures("in_acme")
def test_nothing_given_changes_nothing(luna: Pet) -> None:
    before = shown(luna)
    change(luna, {})
    assert shown(luna) == before


@pytest.mark.usefixtures("in_acme")
def test_own_photos_may_be_named_by_their_addresses_here(luna: Pet) -> None:
    change(luna, {"photos": [PHOTO, "https://pictures.example.com/second.jpg"]})
    assert shown(luna)["photos"] == [PHOTO, "https://pictures.example.com/second.jpg"]


@pytest.mark.usefixtures("in_acme")
def test_the_status_of_a_pet_that_an_order_holds_stays(acme: Tenant, luna: Pet) -> None:
    OrderFactory.create(tenant=acme, pet=luna)
    before = shown(luna)
    with pytest.raises(PetIsHeld):
        change(luna, {"status": "AVAILABLE"})
    assert shown(luna) == before
    change(luna, {"color": "black"})
    assert shown(luna) == before | {"color": "black"}


@pytest.mark.usefixtures("in_acme")
def test_a_version_that_is_not_the_pet_s_is_stale(luna: Pet) -> None:
    before = shown(luna)
    with pytest.raises(StaleVersion):
        change(luna, {"color": "black"}, expected_version=luna.version + 1)
    assert shown(luna) == before
    assert change(luna, {"color": "black"}, expected_version=luna.version).version == luna.version + 1


Refused = Callable[[User, Pet], tuple[Actor, Pet]]


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (lambda alice, pet: (acting(alice), pet), Forbidden),
        (lambda _alice, pet: (ANONYMOUS, pet), LoginRequired),
        (lambda _alice, pet: (SYSTEM, pet), PetNotFound),
    ],
)
def test_who_may_not_change_a_pet_learns_nothing_of_it(
    globex: Tenant, alice: User, luna: Pet, who: Refused, refusal: type[DomainError]
) -> None:
    foreign = PetFactory.create(tenant=globex, name="Foreign")
    actor, pet = who(alice, foreign if refusal is PetNotFound else luna)
    with pytest.raises(refusal):
        change(pet, {"name": "Taken", "ageMonths": "no number"}, actor)
    with tenant_scope(pet.tenant_id):
        assert get_pet(pet.id).name == pet.name


NEW = ({"color": "black"}, {"breed": "Poodle"}, {"description": "Barks."})


def change_together(shop: Tenant, pet: Pet, expected_version: int | None) -> list[BaseException]:
    """Three changes of three fields at the same moment; returns what was refused."""

    def change_in_scope(given: dict[str, str]) -> Pet:
        with tenant_scope(shop.id):
            return change(pet, given, expected_version=expected_version)

    return run_together([partial(change_in_scope, given) for given in NEW]).errors


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_are_all_kept(acme: Tenant, luna: Pet) -> None:
    assert change_together(acme, luna, None) == []
    with tenant_scope(acme.id):
        found = shown(luna)
    assert {name: found[name] for new in NEW for name in new} == NEW[0] | NEW[1] | NEW[2]


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_of_one_version_one_is_kept(acme: Tenant, luna: Pet) -> None:
    errors = change_together(acme, luna, luna.version)
    assert [type(error) for error in errors] == [StaleVersion, StaleVersion]


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("name", ["vaccinated", "microchipped", "healthNotes"])
def test_a_part_of_the_medical_record_changes_and_the_others_stay(luna: Pet, name: str) -> None:
    before = shown(luna)
    new = {"vaccinated": False, "microchipped": True, "healthNotes": None}[name]
    change(luna, {f"medicalInfo.{name}": new})
    assert shown(luna) == before | {"medicalInfo": before["medicalInfo"] | {name: new}}
