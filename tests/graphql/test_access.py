"""Who may do what: scopes, roles and tenants, as over REST (contract, Who may do what)."""

from typing import Any

import pytest

from accounts.groups import StaffGroup
from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory, StaffFactory
from tests.graphql.clients import Graph
from tests.graphql.operations import (
    CANCEL_ORDER,
    CREATE_ORDER,
    CREATE_PET,
    DELETE_PET,
    LIST_ORDERS,
    PAY_ORDER,
    UPDATE_PET,
)
from tests.graphql.test_mutations import CARD, LEAST, count_rows, paying, shown

pytestmark = pytest.mark.django_db

SCOPES = ("read:pets", "write:pets", "read:orders", "write:orders", "read:user", "write:user", "chat:write")
WANTED: dict[str, str] = {
    "{ pets { id } }": "read:pets",
    "{ petsConnection { totalCount } }": "read:pets",
    '{ pet(id: "$pet") { id } }': "read:pets",
    "{ inventory { total } }": "read:pets",
    "{ orders { id } }": "read:orders",
    "{ ordersConnection { totalCount } }": "read:orders",
    '{ order(id: "$order") { id history { to } payments { id } pet { id } } }': "read:orders",
    "{ me { id } }": "read:user",
    'mutation { createPet(input: {name: "A", species: CAT, ageMonths: 1, price: "1"}) { pet { id } } }': "write:pets",
    'mutation { updatePet(id: "$pet", input: {color: "red"}) { pet { id } } }': "write:pets",
    'mutation { deletePet(id: "$pet") { deletedPetId } }': "write:pets",
    'mutation { createOrder(input: {petId: "$pet"}) { isReplay } }': "write:orders",
    'mutation { cancelOrder(id: "$order") { order { id } } }': "write:orders",
    'mutation { payOrder(id: "$order", input: {amount: "150", currency: "USD", source: {bankAccount: '
    '{accountHolderName: "A", accountNumber: "000123456789", routingNumber: "110000000", accountType: CHECKING}}}) '
    "{ isReplay } }": "write:orders",
}


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    return OrderFactory.create(tenant=acme, customer=alice)


@pytest.mark.parametrize("query", WANTED)
def test_a_field_wants_its_own_scope_and_no_other(sam: User, rex: Pet, order: Order, query: str) -> None:
    asked = query.replace("$pet", str(rex.id)).replace("$order", str(order.id))
    wanted, before = WANTED[query], (count_rows(), shown(sam, rex))
    for scope in SCOPES:
        if scope != wanted:
            error = Graph.of(sam, scope).error(asked)
            assert error["extensions"]["code"] == "FORBIDDEN"
            assert error["message"] == f"The token lacks the scope {wanted}."
    assert (count_rows(), shown(sam, rex)) == before
    Graph.of(sam, wanted).data(asked)


def test_histories_and_payments_want_the_scope_of_rest_s_lists(alice: User, rex: Pet) -> None:
    order = 'createOrder(input: {petId: "%s"}) { order { id %s } }'
    for fields in ("history { to }", "payments { id }"):
        pet = PetFactory.create(tenant=rex.tenant)
        result = Graph.of(alice, "write:orders").result("mutation { " + order % (pet.id, fields) + " }")
        assert result["data"] == {"createOrder": None}
        assert result["errors"][0]["message"] == "The token lacks the scope read:orders."
    Graph.of(alice, "write:orders").data("mutation { " + order % (rex.id, "pet { name } user { id }") + " }")


USERS = "{ orders { user { username } } }"


def test_the_customer_is_null_to_whoever_may_not_read_the_account(
    acme: Tenant, alice: User, sam: User, order: Order
) -> None:
    OrderFactory.create(tenant=acme)
    assert Graph.of(sam).data(USERS)["orders"] == [{"user": None}, {"user": {"username": "alice"}}]
    assert Graph.of(sam, "read:orders").data(USERS)["orders"] == [{"user": None}, {"user": None}]
    assert Graph.of(alice).data(USERS)["orders"] == [{"user": {"username": "alice"}}]
    assert Graph.of(alice, "read:orders").data(USERS)["orders"] == [{"user": None}]


LOGGED_IN = ["{ orders { id } }", "{ ordersConnection { totalCount } }", "{ inventory { total } }", "{ me { id } }"]


@pytest.mark.parametrize("query", LOGGED_IN)
def test_what_wants_a_token_is_refused_without_one(pool: Tenant, query: str) -> None:
    error = Graph().error(query)
    assert error["extensions"]["code"] == "UNAUTHORIZED"


def test_a_customer_s_order_is_the_customer_s_and_the_staff_s(
    pool: Tenant, acme: Tenant, alice: User, bob: User, sam: User, order: Order
) -> None:
    query = f'{{ order(id: "{order.id}") {{ id }} }}'
    calls: list[tuple[str, dict[str, Any]]] = [
        (query, {}),
        (CANCEL_ORDER, {"id": str(order.id)}),
        (PAY_ORDER, paying(order, {"card": CARD})),
    ]
    before = count_rows()
    for asked, variables in calls:
        assert Graph.of(bob).code(asked, **variables) == "FORBIDDEN"
    assert count_rows() == before
    for reader in (alice, sam):
        Graph.of(reader).data(query)


def test_an_anonymous_order_is_whoever_s_that_knows_it(pool: Tenant, stray: Pet) -> None:
    order = OrderFactory.create(pet=stray)
    assert Graph().data(f'{{ order(id: "{order.id}") {{ user {{ id }} }} }}') == {"order": {"user": None}}
    assert Graph().data(CANCEL_ORDER, id=str(order.id))["cancelOrder"]["order"]["status"] == "CANCELLED"


def test_somebody_s_order_asks_whoever_has_no_token_to_log_in(pool: Tenant) -> None:
    from_pool = StaffFactory.create(tenant=pool, username="pat")
    order = OrderFactory.create(customer=from_pool)
    assert Graph().code(f'{{ order(id: "{order.id}") {{ id }} }}') == "UNAUTHORIZED"
    assert Graph().code(CANCEL_ORDER, id=str(order.id)) == "UNAUTHORIZED"


@pytest.mark.parametrize("who", ["alice", "viewer", "clerk"])
def test_pets_are_written_by_managers(acme: Tenant, alice: User, rex: Pet, sam: User, who: str) -> None:
    groups = {"viewer": StaffGroup.VIEWER, "clerk": StaffGroup.CLERK}
    user = alice if who == "alice" else StaffFactory.create(tenant=acme, username=who, group=groups[who])
    before = count_rows(), shown(sam, rex)
    graph = Graph.of(user)
    assert graph.code(CREATE_PET, input=LEAST) == "FORBIDDEN"
    assert graph.code(UPDATE_PET, id=str(rex.id), input={"color": "red", "ageMonths": -1}) == "FORBIDDEN"
    assert graph.code(DELETE_PET, id=str(rex.id)) == "FORBIDDEN"
    assert (count_rows(), shown(sam, rex)) == before


def test_whoever_has_no_token_writes_no_pets(pool: Tenant, stray: Pet) -> None:
    before = count_rows()
    assert Graph().code(CREATE_PET, input=LEAST) == "UNAUTHORIZED"
    assert Graph().code(UPDATE_PET, id=str(stray.id), input={}) == "UNAUTHORIZED"
    assert Graph().code(DELETE_PET, id=str(stray.id)) == "UNAUTHORIZED"
    assert count_rows() == before


def test_nothing_of_another_tenant_is_found_or_changed(
    acme: Tenant, globex: Tenant, sam: User, gina: User, rex: Pet, mia: Pet, order: Order
) -> None:
    graph, before = Graph.of(gina), (count_rows(), shown(sam, rex))
    calls: list[tuple[str, dict[str, Any]]] = [
        (f'{{ pet(id: "{rex.id}") {{ id }} }}', {}),
        (f'{{ order(id: "{order.id}") {{ id }} }}', {}),
        (UPDATE_PET, {"id": str(rex.id), "input": {"color": "red"}}),
        (DELETE_PET, {"id": str(rex.id)}),
        (CREATE_ORDER, {"input": {"petId": str(rex.id)}}),
        (CANCEL_ORDER, {"id": str(order.id)}),
        (PAY_ORDER, paying(order, {"card": CARD})),
    ]
    for query, variables in calls:
        assert graph.code(query, **variables) == "NOT_FOUND"
    assert (count_rows(), shown(sam, rex)) == before
    assert graph.data(LIST_ORDERS)["orders"] == []
    found = graph.data(
        "{ pets(filter: {allStatuses: true}) { name } petsConnection { totalCount } inventory { total } }"
    )
    assert found == {"pets": [{"name": "Mia"}], "petsConnection": {"totalCount": 1}, "inventory": {"total": 1}}
