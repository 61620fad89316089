"""The list of pets: filters, order and pages (contract, Pets and Collections)."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from pets.models import Pet
from tests.client import Client
from tests.factories import PetFactory
from tests.rest.problems import assert_problem

SPECIES = Pet.Species


@pytest.fixture
def stock(db: None) -> None:
    """Six pets of the shared pool, from the oldest row to the newest."""
    made = PetFactory.create
    made(name="Ada", species=SPECIES.DOG, age_months=24, price=Decimal(300), size="LARGE", good_with_kids=True)
    made(name="Ben", species=SPECIES.DOG, age_months=6, price=Decimal("99.99"), size="SMALL", good_with_kids=False)
    made(name="Cleo", species=SPECIES.CAT, age_months=24, price=Decimal(100), breed="Birman", size="SMALL")
    made(name="Dot", species=SPECIES.BIRD, age_months=0, price=Decimal(5), description="Sings 100% of the_day.")
    made(name="Eve", species=SPECIES.CAT, age_months=120, price=Decimal(100), status="ADOPTED")
    made(name="Flo", species=SPECIES.CAT, age_months=1, price=Decimal(100), status="NOT_AVAILABLE")


def names(client: Client, **query: str) -> str:
    """The pets found, as `"Ada Ben"`."""
    response = client.get("/v1/pets", query)
    assert response.status_code == 200, response.content
    return " ".join(pet["name"] for pet in response.json()["data"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "Ada Ben Cleo Dot"),
        ({"status": ""}, "Ada Ben Cleo Dot"),
        ({"status": "all"}, "Ada Ben Cleo Dot Eve Flo"),
        ({"status": "Adopted"}, "Eve"),
        ({"species": "dog"}, "Ada Ben"),
        ({"species": "CAT", "status": "ALL"}, "Cleo Eve Flo"),
        ({"size": "SMALL"}, "Ben Cleo"),
        ({"goodWithKids": "true"}, "Ada"),
        ({"goodWithKids": "false"}, "Ben"),
        ({"ageMin": "24"}, "Ada Cleo"),
        ({"ageMax": "6"}, "Ben Dot"),
        ({"ageMin": "1", "ageMax": "23"}, "Ben"),
        ({"priceMin": "100"}, "Ada Cleo"),
        ({"priceMax": "99.99"}, "Ben Dot"),
        ({"priceMin": "99.99", "priceMax": "100.00"}, "Ben Cleo"),
        ({"search": "cle"}, "Cleo"),
        ({"search": "BIRMAN"}, "Cleo"),
        ({"search": "sings"}, "Dot"),
        ({"search": "%"}, "Dot"),
        ({"search": "e_d"}, "Dot"),
        ({"search": "\\"}, ""),
        ({"search": "' OR 1=1 --"}, ""),
        ({"sort": "createdAt"}, "Ada Ben Cleo Dot"),
        ({"sort": "-createdAt"}, "Dot Cleo Ben Ada"),
        ({"sort": "ageMonths"}, "Dot Ben Ada Cleo"),
        ({"sort": "-ageMonths"}, "Cleo Ada Ben Dot"),
        ({"sort": "price"}, "Dot Ben Cleo Ada"),
        ({"sort": "-price", "status": "ALL"}, "Ada Flo Eve Cleo Ben Dot"),
    ],
)
def test_a_query_finds_its_pets_in_its_order(api: Client, stock: None, query: dict[str, str], found: str) -> None:
    assert names(api, **query) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("species", "DRAGON"),
        ("status", "SOLD"),
        ("size", "HUGE"),
        ("goodWithKids", "yes"),
        ("ageMin", "-1"),
        ("ageMin", "1.0"),
        ("ageMin", "1_0"),
        ("ageMax", "2147483648"),
        ("ageMax", "٣"),
        ("priceMin", "1e2"),
        ("priceMin", "-1"),
        ("priceMax", "1.234"),
        ("priceMax", "NaN"),
        ("search", "x" * 101),
        ("search", "\0"),
        ("sort", "name"),
        ("sort", "--price"),
        ("sort", "PRICE"),
        ("page", "0"),
        ("limit", "101"),
        ("cursor", "x"),
    ],
)
def test_a_value_that_a_filter_does_not_take_is_refused(api: Client, db: None, field: str, value: str) -> None:
    assert_problem(api.get("/v1/pets", {field: value}), 400, "validation-error", field)


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt", "ageMonths", "-ageMonths", "price", "-price"])
def test_the_links_walk_every_order_once_through(api: Client, stock: None, sort: str) -> None:
    page = api.get("/v1/pets", {"sort": sort, "status": "ALL", "limit": "1"}).json()
    seen = [page["data"][0]["name"]]
    while page["links"]["next"]:
        page = api.get(page["links"]["next"]).json()
        seen.append(page["data"][0]["name"])
    assert " ".join(seen) == names(api, sort=sort, status="ALL")


def test_a_page_says_where_it_is_and_of_how_many(api: Client, stock: None) -> None:
    found = api.get("/v1/pets", {"page": "2", "limit": "3"}).json()
    assert [pet["name"] for pet in found["data"]] == ["Dot"]
    assert found["pagination"] == {"page": 2, "limit": 3, "totalItems": 4, "totalPages": 2}
    assert found["links"]["first"] == "http://testserver/v1/pets?limit=3"


def test_a_list_shows_what_one_pet_shows(api: Client, stray: Pet) -> None:
    assert api.get("/v1/pets").json()["data"] == [api.get(f"/v1/pets/{stray.id}").json()]


def test_a_list_shows_its_scope_and_no_other(api: Client, alice: User, rex: Pet, mia: Pet, stray: Pet) -> None:
    assert names(api.as_(alice)) == "Rex"
    assert names(api) == "Stray"


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_as_many_queries_for_three_pets_as_for_one(
    api: Client, db: None, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        PetFactory.create(photos=("https://pictures.example/1.jpg",))
    with django_assert_num_queries(1):  # the pets with their photos, and no more
        assert len(api.get("/v1/pets").json()["data"]) == count
