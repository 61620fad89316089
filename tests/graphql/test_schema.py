"""The schema is the file, and every field of it is read (contract, GraphQL)."""

from typing import Any

import pytest
from gql import Client as GqlClient
from gql import GraphQLRequest, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport import Transport
from graphql import (
    ExecutionResult,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    print_ast,
    print_schema,
    validate_schema,
)

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.graphql import schema
from petstore.interfaces.graphql.bindings import Column
from petstore.interfaces.graphql.schema import SCHEMA_FILE, get_schema
from tenants.models import Tenant
from tests.graphql.clients import Graph

pytestmark = pytest.mark.django_db

FILE = SCHEMA_FILE.read_text(encoding="utf-8")
READ_BY_NAME = {
    *("Inventory", "SpeciesCount", "PageInfo", "CardSource", "BankAccountSource", "BillingAddress"),
    *("PetEdge", "OrderEdge", "CreatePetPayload", "UpdatePetPayload", "DeletePetPayload"),
    *("CreateOrderPayload", "CancelOrderPayload", "PayOrderPayload"),
}
"""Types whose values are dictionaries with the fields' names."""
OF_SUBSCRIPTIONS = {"Subscription", "OrderStatusChangedEvent"}


def test_the_schema_is_the_file() -> None:
    assert print_schema(get_schema()) == print_schema(build_schema(FILE))
    assert validate_schema(get_schema()) == []


def test_whoever_asks_is_told_the_whole_schema(pool: Tenant) -> None:
    options: dict[str, Any] = dict.fromkeys(("specified_by_url", "schema_description", "one_of"), True)
    told: Any = Graph().data(get_introspection_query(**options))
    assert print_schema(build_client_schema(told)) == print_schema(build_schema(FILE))


def test_every_field_is_read_by_something() -> None:
    unread = [
        f"{name}.{field}"
        for name, found in get_schema().type_map.items()
        if isinstance(found, GraphQLObjectType) and not name.startswith("__")
        for field, definition in found.fields.items()
        if definition.resolve is None and name not in READ_BY_NAME | OF_SUBSCRIPTIONS
    ]
    assert unread == []


def test_the_columns_are_those_of_rest() -> None:
    columns = {
        name: sum(isinstance(field.resolve, Column) for field in found.fields.values())
        for name, found in get_schema().type_map.items()
        if isinstance(found, GraphQLObjectType)
    }
    assert {name: number for name, number in columns.items() if number} == {
        "Pet": 17,
        "MedicalInfo": 5,
        "Order": 10,
        "OrderTransition": 5,
        "Payment": 5,
        "User": 9,
        "Preferences": 2,
    }


def test_the_schema_is_built_once() -> None:
    assert schema.get_schema() is schema.get_schema()


class DjangoTransport(Transport):
    """Sends what a client of GraphQL asks to our server."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def execute(self, request: GraphQLRequest, *_args: Any, **_keywords: Any) -> ExecutionResult:
        result = self.graph.result(print_ast(request.document), **(request.variable_values or {}))
        return ExecutionResult(result.get("data"), result.get("errors"))


def test_a_client_reads_our_schema_and_speaks_by_it(alice: User, rex: Pet) -> None:
    client = GqlClient(transport=DjangoTransport(Graph.of(alice)), fetch_schema_from_transport=True)
    with client as session:
        assert client.schema is not None
        language = DSLSchema(client.schema)
        pets = language.Query.pets(species="DOG").select(language.Pet.name, language.Pet.price)
        assert session.execute(dsl_gql(DSLQuery(pets))) == {"pets": [{"name": "Rex", "price": "150.00"}]}
        order = gql("mutation ($pet: ID!) { createOrder(input: {petId: $pet}) { order { status } } }")
        order.variable_values = {"pet": str(rex.id)}
        assert session.execute(order) == {"createOrder": {"order": {"status": "PLACED"}}}
