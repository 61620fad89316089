"""How many SQL statements a query costs: it depends on its fields, never on the number of rows (contract, GraphQL)."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders.models import Order
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.graphql.clients import Graph
from tests.graphql.operations import LIST_ORDERS, LIST_PETS, WALK_ORDERS, WALK_PETS
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db

CALL = 1
"""Which tenant the header names, and who the bearer is in this scope."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_local_leases()
    yield
    forget_local_leases()


def count_statements(graph: Graph, query: str) -> int:
    with CaptureQueriesContext(connection) as statements:
        graph.data(query)
    return len(statements) - CALL


@pytest.fixture
def graph(sam: User) -> Graph:
    return Graph.of(sam)


def make_orders(acme: Tenant, alice: User, number: int) -> list[Order]:
    orders = []
    for index in range(number):
        pet = PetFactory.create(tenant=acme, photos=(f"https://img.example/{index}.jpg",))
        orders.append(OrderFactory.create(tenant=acme, customer=alice, pet=pet))
        pay(orders[-1])
        PetFactory.create(tenant=acme, photos=("https://img.example/a.jpg", "https://img.example/b.jpg"))
    return orders


COSTS = {
    "{ __typename __schema { types { name } } }": 0,
    "{ pets { id name } }": 1,
    "{ pets { id photos } }": 2,
    "{ petsConnection { totalCount } }": 1,
    "{ petsConnection { nodes { id } edges { cursor node { name } } pageInfo { endCursor } } }": 1,
    "{ petsConnection { totalCount nodes { photos } edges { node { photos } } } }": 3,
    "{ orders { id status } }": 1,
    "{ orders { pet { name } } }": 2,
    "{ orders { pet { name photos } } }": 3,
    "{ orders { user { username } } }": 2,
    "{ orders { history { to } } }": 2,
    "{ orders { payments { status } } }": 2,
    "{ orders { a: payments { status } b: payments { id } history { to } user { id } pet { photos } } }": 6,
    "{ orders(page: 1, filter: {status: APPROVED}) { pet { name } } }": 2,
    "{ ordersConnection { nodes { pet { photos } } } }": 3,
    "{ ordersConnection { totalCount edges { node { history { to } } } nodes { history { at } } } }": 3,
    "{ inventory { total bySpecies { count } } }": 1,
    "{ pets { id } orders { id } inventory { total } }": 3,
    LIST_PETS: 2,
    WALK_PETS: 3,
    LIST_ORDERS: 6,
    WALK_ORDERS: 7,
}


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_statements_is_that_of_the_fields(acme: Tenant, alice: User, graph: Graph, number: int) -> None:
    make_orders(acme, alice, number)
    assert {query: count_statements(graph, query) for query in COSTS} == COSTS


def test_one_row_costs_no_more_than_what_is_asked_of_it(acme: Tenant, alice: User, graph: Graph) -> None:
    (order,) = make_orders(acme, alice, 1)
    costs = {
        f'{{ pet(id: "{order.pet_id}") {{ name }} }}': 1,
        f'{{ pet(id: "{order.pet_id}") {{ name photos }} }}': 2,
        f'{{ order(id: "{order.id}") {{ status }} }}': 1,
        f'{{ order(id: "{order.id}") {{ pet {{ photos }} user {{ id }} history {{ to }} payments {{ id }} }} }}': 6,
    }
    assert {query: count_statements(graph, query) for query in costs} == costs
