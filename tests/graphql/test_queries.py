"""The queries: the same rows and the same values as REST's (contract, GraphQL)."""

from typing import Any

import pytest

from accounts.models import User
from orders.models import Order
from orders.states import Status
from pets.models import Pet
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.graphql.clients import Graph
from tests.graphql.operations import (
    COUNT_PETS,
    GET_ME,
    GET_ORDER,
    GET_PET,
    LIST_ORDERS,
    LIST_PETS,
    WALK_ORDERS,
    WALK_PETS,
)
from tests.orders.moving import order_in
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db

NOBODY = "019b4139-1234-7abc-8def-123456789abc"


def taken_of(rest: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What GraphQL shows, as far as REST has it."""
    return {name: found[name] for name in rest}


@pytest.fixture
def pets(acme: Tenant) -> list[Pet]:
    """Twelve pets of acme, among them one of each status."""
    statuses = {9: Pet.Status.ADOPTED, 10: Pet.Status.NOT_AVAILABLE, 11: Pet.Status.PENDING}
    return [
        PetFactory.create(
            tenant=acme,
            name=f"Pet {number}",
            species=Pet.Species.values[number % 6],
            age_months=number * 7 % 12,
            price=f"{number * 5 % 12}.50",
            size="" if number % 2 else "LARGE",
            good_with_kids=(None, True, False)[number % 3],
            vaccinated=bool(number % 2),
            photos=tuple(f"https://img.example/{number}-{index}.jpg" for index in range(number % 3)),
            status=statuses.get(number, Pet.Status.AVAILABLE),
        )
        for number in range(12)
    ]


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"limit": 3}, "limit=3"),
    ({"limit": 5, "page": 2}, "limit=5&page=2"),
    ({"page": 9}, "page=9"),
    ({"species": "CAT"}, "species=CAT"),
    ({"status": "ADOPTED"}, "status=ADOPTED"),
    ({"filter": {"allStatuses": True}}, "status=ALL"),
    ({"status": "ADOPTED", "filter": {"allStatuses": True}}, "status=ALL"),
    ({"filter": {"ageMin": 3, "ageMax": 7}}, "ageMin=3&ageMax=7"),
    ({"filter": {"size": "LARGE", "goodWithKids": True}}, "size=LARGE&goodWithKids=true"),
    ({"filter": {"goodWithKids": False}}, "goodWithKids=false"),
    ({"filter": {"priceMin": "2", "priceMax": "7.5"}}, "priceMin=2&priceMax=7.5"),
    ({"filter": {"search": "ET 1"}}, "search=ET 1"),
    ({"filter": {"search": "", "ageMin": None}}, ""),
    ({"sort": {"field": "AGE_MONTHS"}}, "sort=ageMonths"),
    ({"sort": {"field": "PRICE", "order": "DESC"}}, "sort=-price"),
    ({"sort": {"order": "DESC"}}, "sort=-createdAt"),
]


@pytest.mark.parametrize(("variables", "query"), FILTERS)
def test_pets_are_rest_s(pets: list[Pet], alice: User, mia: Pet, variables: dict[str, Any], query: str) -> None:
    rest = Client().as_(alice).get(f"/v1/pets?{query}").json()["data"]
    found = Graph.of(alice).data(LIST_PETS, **variables)["pets"]
    assert [taken_of(one, pet) for one, pet in zip(rest, found, strict=True)] == rest


def test_a_pet_is_rest_s_with_its_etag(pets: list[Pet], alice: User) -> None:
    for pet in pets[:3]:
        answer = Client().as_(alice).get(f"/v1/pets/{pet.id}")
        found = Graph.of(alice).data(GET_PET, id=str(pet.id).upper())["pet"]
        assert taken_of(answer.json(), found) == answer.json()
        assert found["etag"] == answer["ETag"]


def test_the_inventory_and_the_caller_are_rest_s(pets: list[Pet], alice: User) -> None:
    rest = Client().as_(alice)
    found = Graph.of(alice).data(COUNT_PETS)["inventory"]
    by_species = {one["species"]: one["count"] for one in found["bySpecies"]}
    assert found | {"bySpecies": by_species} == rest.get("/v1/inventory").json()
    assert list(by_species) == sorted(by_species)
    assert Graph.of(alice).data(GET_ME)["me"] == rest.get(f"/v1/users/{alice.id}").json()


def test_an_order_is_rest_s_with_all_that_belongs_to_it(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    pay(order)
    rest = Client().as_(alice)
    answer = rest.get(f"/v1/orders/{order.id}")
    found = Graph.of(alice).data(GET_ORDER, id=str(order.id))["order"]
    assert taken_of(answer.json(), found) == answer.json()
    assert found["etag"] == answer["ETag"]
    pet = rest.get(f"/v1/pets/{order.pet_id}").json()
    assert taken_of(pet, found["pet"]) == pet
    assert found["user"] == rest.get(f"/v1/users/{alice.id}").json()
    assert found["history"] == rest.get(f"/v1/orders/{order.id}/history").json()["data"]
    (payment,) = rest.get(f"/v1/orders/{order.id}/payments").json()["data"]
    (shown,) = found["payments"]
    source = payment["source"] | {"__typename": "CardSource"}
    del source["object"]
    assert shown == payment | {"source": source}


@pytest.fixture
def orders(acme: Tenant, globex: Tenant, alice: User, bob: User, charlie: User) -> list[Order]:
    """Five orders of acme by alice, bob and nobody, beside one of globex."""
    OrderFactory.create(tenant=globex, customer=charlie)
    return [
        OrderFactory.create(tenant=acme, customer=alice),
        order_in(Status.CANCELLED, tenant=acme, customer=alice),
        order_in(Status.DELIVERED, tenant=acme, customer=bob),
        OrderFactory.create(tenant=acme, customer=alice),
        OrderFactory.create(tenant=acme),
    ]


@pytest.mark.parametrize(
    ("variables", "query"),
    [
        ({}, ""),
        ({"limit": 2}, "limit=2"),
        ({"limit": 2, "page": 2}, "limit=2&page=2"),
        ({"filter": {"status": "CANCELLED"}}, "status=CANCELLED"),
        ({"filter": {"createdFrom": "1999-01-01T00:00:00+02:00"}}, "createdFrom=1999-01-01T00:00:00%2B02:00"),
        ({"filter": {"createdFrom": "2199-01-01T00:00:00Z"}}, "createdFrom=2199-01-01T00:00:00Z"),
        ({"filter": {"createdTo": "2199-01-01T00:00:00Z"}}, "createdTo=2199-01-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("who", ["alice", "sam"])
def test_orders_are_rest_s(
    orders: list[Order], alice: User, sam: User, who: str, variables: dict[str, Any], query: str
) -> None:
    user = {"alice": alice, "sam": sam}[who]
    rest = Client().as_(user).get(f"/v1/orders?{query}").json()["data"]
    found = Graph.of(user).data(LIST_ORDERS, **variables)["orders"]
    assert [taken_of(one, order) for one, order in zip(rest, found, strict=True)] == rest


def test_orders_are_found_by_pet_and_customer(orders: list[Order], sam: User, bob: User) -> None:
    graph = Graph.of(sam)
    for criteria in ({"petId": str(orders[2].pet_id)}, {"userId": str(bob.id)}):
        (found,) = graph.data(LIST_ORDERS, filter=criteria)["orders"]
        assert found["id"] == str(orders[2].id)
    assert Graph.of(bob).data(LIST_ORDERS, filter={"userId": str(orders[0].user_id)})["orders"] == []


def test_a_connection_walks_the_whole_list_in_both_directions(pets: list[Pet], alice: User) -> None:
    graph = Graph.of(alice)
    names = [pet.name for pet in pets[:9]]
    ahead: list[str] = []
    after = None
    while True:
        page = graph.data(WALK_PETS, first=4, after=after)["petsConnection"]
        assert page["totalCount"] == 9
        assert [edge["node"]["name"] for edge in page["edges"]] == [node["name"] for node in page["nodes"]]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        ahead += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert ahead == names
    back: list[str] = []
    before = None
    while True:
        page = graph.data(WALK_PETS, last=4, before=before)["petsConnection"]
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        back = [node["name"] for node in page["nodes"]] + back
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert back == names


def test_a_connection_is_cut_by_both_cursors(pets: list[Pet], alice: User) -> None:
    graph = Graph.of(alice)
    cursors = [edge["cursor"] for edge in graph.data(WALK_PETS)["petsConnection"]["edges"]]
    between = {"after": cursors[1], "before": cursors[6]}
    assert [node["name"] for node in graph.data(WALK_PETS, **between)["petsConnection"]["nodes"]] == [
        pet.name for pet in pets[2:6]
    ]
    for size, names in (({"first": 2}, ["Pet 2", "Pet 3"]), ({"last": 2}, ["Pet 4", "Pet 5"])):
        page = graph.data(WALK_PETS, **between, **size)["petsConnection"]
        assert [node["name"] for node in page["nodes"]] == names
        assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (True, True)


@pytest.mark.parametrize("field", ["AGE_MONTHS", "PRICE", "CREATED_AT"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_a_sorted_connection_has_every_pet_once(pets: list[Pet], alice: User, field: str, order: str) -> None:
    graph, sort = Graph.of(alice), {"field": field, "order": order}
    criteria = {"allStatuses": True}
    whole = graph.data(WALK_PETS, filter=criteria, sort=sort)["petsConnection"]
    found, after = [], None
    for _ in range(4):
        page = graph.data(WALK_PETS, filter=criteria, sort=sort, first=3, after=after)["petsConnection"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert found == whole["nodes"]
    assert len({node["id"] for node in found}) == len(pets)


def test_orders_have_a_connection_too(orders: list[Order], sam: User, alice: User) -> None:
    newest = [str(order.id) for order in sorted(orders, key=lambda one: (one.created_at, one.id), reverse=True)]
    first = Graph.of(sam).data(WALK_ORDERS, first=2)["ordersConnection"]
    rest = Graph.of(sam).data(WALK_ORDERS, after=first["pageInfo"]["endCursor"])["ordersConnection"]
    assert [node["id"] for node in first["nodes"] + rest["nodes"]] == newest
    assert (first["totalCount"], Graph.of(alice).data(WALK_ORDERS)["ordersConnection"]["totalCount"]) == (5, 3)
    mine = Graph.of(alice).data(WALK_ORDERS, filter={"status": "CANCELLED"})["ordersConnection"]
    assert (mine["totalCount"], len(mine["nodes"])) == (1, 1)


def test_an_empty_connection_has_no_cursors(acme: Tenant, alice: User) -> None:
    page = Graph.of(alice).data(WALK_PETS)["petsConnection"]
    nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page == {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": nothing}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("{ pets(page: 0) { id } }", "page", "out_of_range"),
        ("{ pets(page: 5002) { id } }", "page", "page_too_deep"),
        ("{ pets(limit: 0) { id } }", "limit", "out_of_range"),
        ("{ pets(limit: 101) { id } }", "limit", "out_of_range"),
        ("{ orders(limit: -1) { id } }", "limit", "out_of_range"),
        ("{ pets(filter: {ageMin: -1}) { id } }", "filter.ageMin", "invalid"),
        ("{ pets(filter: {ageMin: 2, ageMax: 1}) { id } }", "filter.ageMax", "out_of_range"),
        ('{ orders(filter: {petId: "x"}) { id } }', "filter.petId", "invalid"),
        ("{ orders(filter: {userId: 7}) { id } }", "filter.userId", "invalid"),
        ("{ petsConnection(first: 0) { totalCount } }", "first", "out_of_range"),
        ("{ petsConnection(last: 101) { totalCount } }", "last", "out_of_range"),
        ("{ petsConnection(first: 1, last: 1) { totalCount } }", "last", "invalid"),
        ('{ petsConnection(after: "x") { totalCount } }', "after", "invalid_cursor"),
        ('{ ordersConnection(before: "WzFd") { totalCount } }', "before", "invalid_cursor"),
    ],
)
def test_what_no_list_takes_is_refused_by_the_field_s_own_name(alice: User, query: str, field: str, code: str) -> None:
    assert Graph.of(alice).fault(query) == (field, code)


def test_a_long_search_is_refused(alice: User) -> None:
    assert Graph.of(alice).fault(LIST_PETS, filter={"search": "x" * 101})[0] == "filter.search"


def test_a_cursor_is_no_cursor_of_another_order(pets: list[Pet], alice: User) -> None:
    cursor = Graph.of(alice).data(WALK_PETS)["petsConnection"]["pageInfo"]["endCursor"]
    assert Graph.of(alice).fault(WALK_PETS, sort={"field": "PRICE"}, after=cursor) == ("after", "invalid_cursor")


@pytest.mark.parametrize("wrong", ["x", "", "7", NOBODY])
@pytest.mark.parametrize("field", ["pet", "order"])
def test_nothing_is_null_and_not_found(pool: Tenant, field: str, wrong: str) -> None:
    query = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    error = Graph().error(query, id=wrong)
    assert (error["extensions"]["code"], error["path"]) == ("NOT_FOUND", [field])


def test_an_error_leaves_the_other_fields_alone(pool: Tenant, stray: Pet) -> None:
    result = Graph().result('query ($id: ID!) { a: pet(id: "x") { id } b: pet(id: $id) { name } }', id=str(stray.id))
    assert result["data"] == {"a": None, "b": {"name": "Stray"}}
    assert [error["path"] for error in result["errors"]] == [["a"]]


def test_a_null_that_only_the_execution_sees_is_the_caller_s_fault(pool: Tenant) -> None:
    result = Graph().result("query ($by: PetSortField = PRICE) { pets(sort: {field: $by}) { id } }", by=None)
    assert result["data"] is None
    assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"]
