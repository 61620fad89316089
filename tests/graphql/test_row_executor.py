"""The fast way to read rows gives the same bytes as the library's own (contract, GraphQL)."""

from typing import Any

import pytest
from graphql import ExecutionResult, Executor
from graphql.execution.executor import CollectedErrors

from accounts.entrances import Entrance
from accounts.models import User
from kernel.caller import Credentials, Peer
from petstore.interfaces.calls import find_scoped_caller
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.errors import format_error
from petstore.interfaces.graphql.operations import Operation, prepare_operation, read_graphql_request
from petstore.interfaces.graphql.row_executor import build_executor
from petstore.interfaces.representation.json_text import render_json_bytes
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.graphql import operations
from tests.payments.paying import pay
from tests.rest.tokens import access

pytestmark = pytest.mark.django_db

OTHERS = (
    "{ __typename pets { __typename id } } ",
    "{ orders { __typename a: id b: id status pet { __typename photos } } }",
    (
        "{ orders { ...A ... on Order { status etag } } } fragment A on Order { id history { to ...B } } "
        "fragment B on OrderTransition { at by from }"
    ),
    "query ($no: Boolean = false) { pets { id @skip(if: true) name @include(if: $no) price @include(if: true) } }",
    '{ pet(id: "x") { id } order(id: "y") { id } pets { id } }',
    "{ pets(page: 0) { id } }",
    "{ me { __typename tenantId preferences { newsletter } } }",
)
QUERIES = (
    *(operations.LIST_PETS, operations.WALK_PETS, operations.LIST_ORDERS, operations.WALK_ORDERS),
    *(operations.COUNT_PETS, operations.GET_ME, *OTHERS),
)


def render(result: Any, context: CallContext) -> bytes:
    """The bytes of a result."""
    assert isinstance(result, ExecutionResult)
    errors = [format_error(error, context) for error in result.errors or ()]
    return render_json_bytes({"data": result.data, "errors": errors})


def execute_both_ways(operation: Operation, context: CallContext) -> tuple[bytes, bytes]:
    """The answer of our executor, and that of the library's, which has all that ours has."""
    ours = build_executor(operation, context, None, ends_at=float("inf"))
    theirs: Executor[Any] = Executor.__new__(Executor)
    vars(theirs).update(vars(ours), collected_errors=CollectedErrors(), _relevant_sub_fields={})
    return render(ours.execute_operation(), context), render(theirs.execute_operation(), context)


@pytest.fixture
def context(in_acme: Tenant, alice: User) -> CallContext:
    for index in range(3):
        pet = PetFactory.create(tenant=in_acme, photos=(f"https://img.example/{index}.jpg",) * (index % 2))
        order = OrderFactory.create(tenant=in_acme, customer=alice, pet=pet)
        if index:
            pay(order)
        PetFactory.create(tenant=in_acme, breed="Manx" * (index % 2), good_with_kids=True)
    caller = find_scoped_caller(Credentials(access(alice)), Entrance(in_acme), Peer("127.0.0.1", "r-1"))
    return CallContext(caller, "http://testserver", "r-1")


@pytest.mark.parametrize("query", QUERIES)
def test_both_ways_give_the_same_bytes(context: CallContext, query: str) -> None:
    operation = prepare_operation(read_graphql_request({"query": query}))
    ours, theirs = execute_both_ways(operation, context)
    assert ours == theirs
    assert len(ours) > 40
