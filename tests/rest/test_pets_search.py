"""QUERY /pets and POST /pets/search, which are one search (contract, Pets)."""

import json
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from pets.models import Pet
from tests.client import Client
from tests.factories import PetFactory
from tests.rest.problems import assert_problem

DOG, CAT, BIRD = Pet.Species.DOG, Pet.Species.CAT, Pet.Species.BIRD
WAYS = [("QUERY", "/v1/pets"), ("POST", "/v1/pets/search")]


@pytest.fixture
def stock(db: None) -> None:
    """Four pets for adoption and one that is gone, from the oldest row to the newest."""
    made = PetFactory.create
    made(name="Ada", species=DOG, age_months=24, price=Decimal(300), size="LARGE", good_with_kids=True)
    made(name="Ben", species=DOG, age_months=6, price=Decimal(99), size="SMALL", vaccinated=True)
    made(name="Cleo", species=CAT, age_months=24, price=Decimal(100), spayed_neutered=True, good_with_kids=False)
    made(name="Dot", species=BIRD, age_months=0, price=Decimal(5), special_needs=True)
    made(name="Eve", species=CAT, status="ADOPTED")


def search(client: Client, body: object, way: tuple[str, str] = WAYS[0]) -> Any:
    method, path = way
    return client.generic(method, path, json.dumps(body), "application/json")


def names(response: Any) -> str:
    assert response.status_code == 200, response.content
    return " ".join(pet["name"] for pet in response.json()["data"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, "Ada Ben Cleo Dot"),
        ({"species": []}, "Ada Ben Cleo Dot"),
        ({"species": ["cat", "BIRD"]}, "Cleo Dot"),
        ({"size": ["SMALL", "LARGE"]}, "Ada Ben"),
        ({"ageRange": {"min": 6}}, "Ada Ben Cleo"),
        ({"ageRange": {"max": 6}}, "Ben Dot"),
        ({"ageRange": {"min": 6, "max": 6}}, "Ben"),
        ({"compatibility": {"goodWithKids": True}}, "Ada"),
        ({"compatibility": {"goodWithKids": False}}, "Cleo"),
        ({"medical": {"vaccinated": True}}, "Ben"),
        ({"medical": {"spayedNeutered": True}}, "Cleo"),
        ({"medical": {"specialNeeds": False}}, "Ada Ben Cleo"),
        ({"species": ["DOG"], "ageRange": {"min": 12}, "medical": {"vaccinated": False}}, "Ada"),
    ],
)
def test_a_search_finds_what_meets_all_criteria(
    api: Client, stock: None, way: tuple[str, str], criteria: dict[str, Any], found: str
) -> None:
    assert names(search(api, {"criteria": criteria}, way)) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ({"field": "ageMonths"}, "Dot Ben Ada Cleo"),
        ({"field": "ageMonths", "order": "DESC"}, "Cleo Ada Ben Dot"),
        ({"field": "price", "order": "asc"}, "Dot Ben Cleo Ada"),
        ({"field": "price", "order": "desc"}, "Ada Cleo Ben Dot"),
    ],
)
def test_a_search_sorts(api: Client, stock: None, sort: dict[str, str], found: str) -> None:
    assert names(search(api, {"sort": sort})) == found


@pytest.mark.parametrize("way", WAYS)
def test_a_search_has_pages_but_links_to_itself_alone(api: Client, stock: None, way: tuple[str, str]) -> None:
    response = search(api, {"pagination": {"page": 2, "limit": 3}}, way)
    assert names(response) == "Dot"
    assert response.json()["pagination"] == {"page": 2, "limit": 3, "totalItems": 4, "totalPages": 2}
    links = {"self": f"http://testserver{way[1]}", "next": None, "prev": None, "first": None, "last": None}
    assert response.json()["links"] == links


def test_a_search_without_a_body_finds_what_is_available(api: Client, stock: None) -> None:
    assert names(api.generic("QUERY", "/v1/pets")) == "Ada Ben Cleo Dot"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("body", []),
        ("status", {"status": "ALL"}),
        ("criteria", {"criteria": None}),
        ("criteria.wings", {"criteria": {"wings": 2}}),
        ("criteria.species", {"criteria": {"species": "CAT"}}),
        ("criteria.species.1", {"criteria": {"species": ["CAT", "DRAGON"]}}),
        ("criteria.species", {"criteria": {"species": ["CAT"] * 21}}),
        ("criteria.size.0", {"criteria": {"size": [1]}}),
        ("criteria.ageRange.min", {"criteria": {"ageRange": {"min": -1}}}),
        ("criteria.ageRange.min", {"criteria": {"ageRange": {"min": 7, "max": 6}}}),
        ("criteria.ageRange.max", {"criteria": {"ageRange": {"max": 2**31}}}),
        ("criteria.ageRange.max", {"criteria": {"ageRange": {"max": "6"}}}),
        ("criteria.compatibility.goodWithKids", {"criteria": {"compatibility": {"goodWithKids": "true"}}}),
        ("criteria.medical.microchipped", {"criteria": {"medical": {"microchipped": True}}}),
        ("criteria.medical.vaccinated", {"criteria": {"medical": {"vaccinated": None}}}),
        ("sort.field", {"sort": {}}),
        ("sort.field", {"sort": {"field": "name"}}),
        ("sort.order", {"sort": {"field": "price", "order": "UP"}}),
        ("pagination.page", {"pagination": {"page": 0}}),
        ("pagination.page", {"pagination": {"page": 1002, "limit": 100}}),
        ("pagination.limit", {"pagination": {"limit": 101}}),
        ("pagination.cursor", {"pagination": {"cursor": "x"}}),
    ],
)
def test_a_body_outside_the_contract_is_refused(
    api: Client, db: None, way: tuple[str, str], field: str, body: object
) -> None:
    assert_problem(search(api, body, way), 400, "validation-error", field)


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_a_search_takes_json_only(api: Client, db: None, method: str, path: str) -> None:
    assert_problem(api.generic(method, path, "{}", "text/plain"), 415, "unsupported-media-type")


def test_a_search_sees_its_scope_and_no_other(api: Client, alice: User, rex: Pet, mia: Pet, stray: Pet) -> None:
    assert names(search(api.as_(alice), {})) == "Rex"
    assert names(search(api, {})) == "Stray"
