"""How many queries an operation costs, whatever the number of rows (architecture, Manners)."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from pets.models import Pet
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.soap.consumers import Consumer

pytestmark = pytest.mark.django_db

CALLER = 1
"""Which tenant the header names, and who the bearer is in it."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_local_leases()
    yield
    forget_local_leases()


def count_queries(consumer: Consumer, operation: str, **fields: object) -> int:
    with CaptureQueriesContext(connection) as queries:
        consumer.call(operation, **fields)
    return len(queries)


@pytest.mark.parametrize("number", [1, 12])
def test_reads_cost_the_same_with_many_rows(alice: User, acme: Tenant, number: int) -> None:
    pets = [PetFactory.create(tenant=acme, photos=(f"https://img.example/{n}.jpg",)) for n in range(number)]
    order = OrderFactory.create(tenant=acme, customer=alice)
    consumer = Consumer.of(alice)
    assert count_queries(consumer, "ListPets") == CALLER + 3
    assert count_queries(consumer, "GetPet", id=str(pets[0].id)) == CALLER + 2
    assert count_queries(consumer, "GetOrder", id=str(order.id)) == CALLER + 1


def test_an_order_costs_what_rest_s_costs(api: Client, alice: User, acme: Tenant, rex: Pet) -> None:
    other = PetFactory.create(tenant=acme)
    consumer, rest = Consumer.of(alice), api.as_(alice)
    over_soap = count_queries(consumer, "CreateOrder", petId=str(rex.id))
    with CaptureQueriesContext(connection) as queries:
        assert rest.post("/v1/orders", {"petId": str(other.id)}).status_code == 201
    assert over_soap == len(queries)
