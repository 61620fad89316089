"""How many pets stand where (contract, Inventory)."""

from typing import Any

import pytest

from accounts.models import User
from pets.models import Pet
from tenants.models import Tenant
from tests.client import Client
from tests.factories import PetFactory
from tests.rest.problems import assert_problem


@pytest.fixture
def stock(acme: Tenant, mia: Pet) -> None:
    """Acme: four dogs and a cat, one of the dogs not for adoption; globex has a cat of its own."""
    for status in ("AVAILABLE", "AVAILABLE", "PENDING", "NOT_AVAILABLE"):
        PetFactory.create(tenant=acme, status=status)
    PetFactory.create(tenant=acme, status="ADOPTED", species=Pet.Species.CAT)


def test_the_inventory_counts_what_is_not_withdrawn(api: Client, alice: User, stock: None) -> None:
    assert api.as_(alice).get("/v1/inventory").json() == {
        "available": 2,
        "pending": 1,
        "adopted": 1,
        "total": 4,
        "bySpecies": {"CAT": 1, "DOG": 3},
    }


def test_an_empty_store_has_an_empty_inventory(api: Client, alice: User, mia: Pet) -> None:
    figures = api.as_(alice).get("/v1/inventory").json()
    assert figures == {"available": 0, "pending": 0, "adopted": 0, "total": 0, "bySpecies": {}}


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("?status=AVAILABLE,PENDING", {"AVAILABLE": 2, "PENDING": 1}),
        ("?status=pending&status=AVAILABLE,PENDING", {"PENDING": 1, "AVAILABLE": 2}),
        ("?status=NOT_AVAILABLE", {"NOT_AVAILABLE": 1}),
        ("", {"AVAILABLE": 2, "PENDING": 1, "ADOPTED": 1, "NOT_AVAILABLE": 1}),
    ],
)
def test_the_statuses_named_are_counted(
    api: Client, alice: User, stock: None, query: str, counts: dict[str, int]
) -> None:
    found = api.as_(alice).get(f"/v1/inventories{query}").json()
    assert list(found.items()) == list(counts.items())


@pytest.mark.parametrize("status", ["SOLD", "AVAILABLE,SOLD", "AVAILABLE,", ","])
def test_an_unknown_status_is_refused(api: Client, alice: User, status: str) -> None:
    assert_problem(api.as_(alice).get("/v1/inventories", {"status": status}), 400, "validation-error", "status")


@pytest.mark.parametrize("path", ["/v1/inventory", "/v1/inventories"])
def test_the_inventory_needs_a_token(api: Client, path: str, db: None) -> None:
    assert_problem(api.get(path), 401, "unauthorized")


@pytest.mark.parametrize("path", ["/v1/inventory", "/v1/inventories"])
def test_an_inventory_takes_one_query_for_any_number_of_pets(
    api: Client, alice: User, stock: None, path: str, django_assert_num_queries: Any
) -> None:
    client = api.as_(alice)
    with django_assert_num_queries(2):  # the caller in the tenant, the counts
        client.get(path)
