"""The mutations: one use case and one transaction each (contract, GraphQL)."""

from typing import Any

import pytest

from accounts.models import User
from idempotency.models import IdempotencyRecord
from orders.models import Order
from orders.states import Status
from payments.gateways.sandbox import DECLINED_CARD, SUCCEEDING_CARD
from payments.models import Payment
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.graphql.clients import Graph
from tests.graphql.operations import CANCEL_ORDER, CREATE_ORDER, CREATE_PET, DELETE_PET, PAY_ORDER, UPDATE_PET
from tests.graphql.test_queries import NOBODY, taken_of
from tests.orders.moving import order_in

pytestmark = pytest.mark.django_db

LEAST: dict[str, Any] = {"name": "Luna", "species": "CAT", "ageMonths": 3, "price": "7.5"}
WHOLE: dict[str, Any] = LEAST | {
    "currency": "EUR",
    "breed": "Manx",
    "size": "SMALL",
    "color": "grey",
    "gender": "FEMALE",
    "goodWithKids": True,
    "description": "Calm.",
    "status": "NOT_AVAILABLE",
    "photos": ["https://img.example/luna.jpg"],
    "medicalInfo": {"vaccinated": True, "healthNotes": "Sneezes."},
}
CARD: dict[str, Any] = {"name": "Ann Miller", "number": SUCCEEDING_CARD, "cvc": "987", "expMonth": 12, "expYear": 2099}
ADDRESS = {"line1": "1 Main St", "city": "Bath", "postalCode": "BA1", "country": "GB"}
ACCOUNT: dict[str, Any] = {
    "accountHolderName": "Ann Miller",
    "accountNumber": "000123456789",
    "routingNumber": "110000000",
    "accountType": "CHECKING",
}


def paying(order: Order, source: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The variables of a payment."""
    paid = {"amount": str(order.total_amount), "currency": order.currency, "source": source}
    return {"id": str(order.id), "input": paid | changed}


def count_rows() -> tuple[int, int, int]:
    """The pets, orders and payments of all tenants."""
    with all_tenants(reason="a test counts"):
        return Pet.objects.count(), Order.objects.count(), Payment.objects.count()


def shown(user: User, pet: Pet) -> dict[str, Any]:
    """The pet over REST, without the time of the last change."""
    return {
        name: value
        for name, value in Client().as_(user).get(f"/v1/pets/{pet.id}").json().items()
        if name != "updatedAt"
    }


@pytest.mark.parametrize("given", [LEAST, WHOLE, LEAST | dict.fromkeys(WHOLE.keys() - LEAST.keys())])
def test_a_pet_is_created_as_over_rest(sam: User, given: dict[str, Any]) -> None:
    pet = Graph.of(sam).data(CREATE_PET, input=given)["createPet"]["pet"]
    rest = Client().as_(sam).get(f"/v1/pets/{pet['id']}").json()
    assert taken_of(rest, pet) == rest
    wanted = {"currency": "USD", "status": "AVAILABLE"} | {name: one for name, one in given.items() if one is not None}
    for name, value in wanted.items():
        assert pet[name] == value or name in ("price", "medicalInfo")
    assert pet["price"] == "7.50"


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": "x" * 51}, "name", "max_length"),
        ({"ageMonths": -1}, "ageMonths", "min_value"),
        ({"currency": "usd"}, "currency", "invalid_currency"),
        ({"photos": ["http://img.example/a.jpg"]}, "photos", "invalid"),
        ({"medicalInfo": {"healthNotes": "a\u202eb"}}, "medicalInfo.healthNotes", "invalid"),
    ],
)
def test_a_pet_that_is_not_valid_is_refused(
    sam: User, rex: Pet, changed: dict[str, Any], field: str, code: str
) -> None:
    before = count_rows(), shown(sam, rex)
    found = Graph.of(sam).fault(CREATE_PET, input=LEAST | changed)
    assert found[0].partition(".0")[0] == field
    assert Graph.of(sam).fault(UPDATE_PET, id=str(rex.id), input=changed) == found
    assert code in (found[1], "invalid")
    assert (count_rows(), shown(sam, rex)) == before


def test_an_update_changes_what_it_names(sam: User, acme: Tenant) -> None:
    graph = Graph.of(sam)
    pet = graph.data(CREATE_PET, input=WHOLE)["createPet"]["pet"]
    changed = graph.data(UPDATE_PET, id=pet["id"], input={"color": "black", "breed": None})["updatePet"]["pet"]
    assert changed == pet | {"color": "black", "breed": None, "etag": '"v2"', "updatedAt": changed["updatedAt"]}
    medical = {"medicalInfo": {"microchipped": True}}
    assert graph.data(UPDATE_PET, id=pet["id"], input=medical)["updatePet"]["pet"]["medicalInfo"] == {
        "spayedNeutered": False,
        "vaccinated": False,
        "microchipped": True,
        "specialNeeds": False,
        "healthNotes": None,
    }
    assert graph.fault(UPDATE_PET, id=pet["id"], input={"name": None}) == ("name", "null")


@pytest.mark.parametrize("mutation", [UPDATE_PET, DELETE_PET, CANCEL_ORDER])
@pytest.mark.parametrize("etag", ['"v9"', 'W/"v1"', "", "v1", "nonsense"])
def test_another_etag_than_the_row_s_is_stale(acme: Tenant, sam: User, rex: Pet, mutation: str, etag: str) -> None:
    order = OrderFactory.create(tenant=acme)
    target = str(order.id if mutation == CANCEL_ORDER else rex.id)
    before = count_rows(), shown(sam, rex)
    variables = {"id": target, "ifMatch": etag} | ({"input": {"color": "red"}} if mutation == UPDATE_PET else {})
    assert Graph.of(sam).code(mutation, **variables) == "PRECONDITION_FAILED"
    assert (count_rows(), shown(sam, rex)) == before
    assert Client().as_(sam).get(f"/v1/orders/{order.id}").json()["status"] == Status.PLACED
    assert Graph.of(sam).data(mutation, **variables | {"ifMatch": '"v1"'})


def test_a_pet_that_no_order_names_is_deleted(acme: Tenant, sam: User, rex: Pet) -> None:
    order = OrderFactory.create(tenant=acme)
    assert Graph.of(sam).code(DELETE_PET, id=str(order.pet_id)) == "CONFLICT"
    assert Graph.of(sam).data(DELETE_PET, id=str(rex.id)) == {"deletePet": {"deletedPetId": str(rex.id)}}
    assert Graph.of(sam).code(DELETE_PET, id=str(rex.id)) == "NOT_FOUND"


@pytest.mark.parametrize("mutation", [UPDATE_PET, DELETE_PET, CANCEL_ORDER, PAY_ORDER])
@pytest.mark.parametrize("wrong", ["x", NOBODY])
def test_what_is_not_there_is_not_found(acme: Tenant, sam: User, mutation: str, wrong: str) -> None:
    values = {UPDATE_PET: {"color": "red"}, PAY_ORDER: {"amount": "1", "currency": "USD", "source": {"card": CARD}}}
    variables = {"input": values[mutation]} if mutation in values else {}
    assert Graph.of(sam).code(mutation, id=wrong, **variables) == "NOT_FOUND"


def test_an_order_is_placed_once_for_each_pet(alice: User, rex: Pet) -> None:
    graph = Graph.of(alice)
    placed = graph.data(CREATE_ORDER, input={"petId": str(rex.id)})["createOrder"]
    assert placed["isReplay"] is False
    order = Client().as_(alice).get(f"/v1/orders/{placed['order']['id']}").json()
    assert taken_of(order, placed["order"]) == order
    assert (order["userId"], placed["order"]["pet"]["status"]) == (str(alice.id), "PENDING")
    assert graph.code(CREATE_ORDER, input={"petId": str(rex.id)}) == "CONFLICT"
    assert graph.code(CREATE_ORDER, input={"petId": NOBODY}) == "NOT_FOUND"
    assert count_rows()[1] == 1


def test_whoever_has_no_token_orders_for_nobody(pool: Tenant, stray: Pet) -> None:
    order = Graph().data(CREATE_ORDER, input={"petId": str(stray.id), "userId": None})["createOrder"]["order"]
    assert (order["userId"], order["user"], order["tenantId"]) == (None, None, None)


def test_an_order_s_values_are_checked(alice: User, bob: User, rex: Pet) -> None:
    graph = Graph.of(alice)
    assert graph.fault(CREATE_ORDER, input={"petId": "x"}) == ("petId", "invalid")
    assert graph.fault(CREATE_ORDER, input={"petId": str(rex.id), "userId": "x"}) == ("userId", "invalid")
    assert graph.code(CREATE_ORDER, input={"petId": str(rex.id), "userId": str(bob.id)}) == "FORBIDDEN"
    for key in ("", "x" * 256, "ключ", "a\tb"):
        given = {"petId": str(rex.id), "idempotencyKey": key}
        assert graph.fault(CREATE_ORDER, input=given) == ("idempotencyKey", "invalid")
    assert count_rows()[1] == 0


def test_a_key_places_one_order_and_gives_its_first_answer_again(alice: User, bob: User, rex: Pet, sam: User) -> None:
    graph, given = Graph.of(alice), {"petId": str(rex.id), "idempotencyKey": "k"}
    first = graph.data(CREATE_ORDER, input=given)["createOrder"]
    Graph.of(sam).data(CANCEL_ORDER, id=first["order"]["id"])
    again = graph.data(CREATE_ORDER, input=given)["createOrder"]
    stored = {name: value for name, value in first["order"].items() if not isinstance(value, dict | list)}
    assert again["isReplay"] is True
    assert taken_of(stored, again["order"]) == stored
    assert [step["to"] for step in again["order"]["history"]] == ["PLACED", "CANCELLED"]
    other = PetFactory.create(tenant=rex.tenant)
    changed = given | {"petId": str(other.id)}
    assert graph.code(CREATE_ORDER, input=changed) == "IDEMPOTENCY_KEY_REUSED"
    assert Graph.of(bob).data(CREATE_ORDER, input=changed)["createOrder"]["isReplay"] is False
    assert count_rows()[1] == 2


def test_a_key_of_rest_is_none_of_graphql(alice: User, rex: Pet) -> None:
    rest = Client().as_(alice).post("/v1/orders", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY="k")
    assert rest.status_code == 201
    assert Graph.of(alice).code(CREATE_ORDER, input={"petId": str(rex.id), "idempotencyKey": "k"}) == "CONFLICT"


def test_a_refused_order_keeps_no_key(alice: User, acme: Tenant, rex: Pet) -> None:
    graph, given = Graph.of(alice), {"petId": str(rex.id), "idempotencyKey": "k"}
    order = OrderFactory.create(tenant=acme, pet=rex)
    assert graph.code(CREATE_ORDER, input=given) == "CONFLICT"
    graph.data(CANCEL_ORDER, id=str(order.id))
    assert graph.data(CREATE_ORDER, input=given)["createOrder"]["isReplay"] is False


def test_an_order_is_cancelled_as_far_as_its_state_allows(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    graph = Graph.of(alice)
    cancelled = graph.data(CANCEL_ORDER, id=str(order.id))["cancelOrder"]["order"]
    assert (cancelled["status"], cancelled["etag"], cancelled["pet"]["status"]) == ("CANCELLED", '"v2"', "AVAILABLE")
    assert [step["to"] for step in cancelled["history"]] == ["PLACED", "CANCELLED"]
    assert graph.code(CANCEL_ORDER, id=str(order.id)) == "CONFLICT"
    shipped = order_in(Status.SHIPPED, tenant=acme, customer=alice)
    assert graph.code(CANCEL_ORDER, id=str(shipped.id)) == "CONFLICT"


def test_an_order_is_paid_by_card(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    source = {"card": CARD | {"billingAddress": ADDRESS}}
    paid = Graph.of(alice).data(PAY_ORDER, **paying(order, source))["payOrder"]
    assert (paid["isReplay"], paid["payment"]["status"], paid["order"]["status"]) == (False, "SUCCEEDED", "APPROVED")
    assert paid["payment"]["source"] == {
        "__typename": "CardSource",
        "name": "Ann Miller",
        "number": "************4242",
        "expMonth": 12,
        "expYear": 2099,
        "brand": "VISA",
        "last4": "4242",
        "billingAddress": {"city": "Bath", "state": None, "postalCode": "BA1", "country": "GB"},
    }
    assert paid["order"]["payments"] == [paid["payment"]]
    assert Graph.of(alice).code(PAY_ORDER, **paying(order, source)) == "CONFLICT"


def test_an_order_is_paid_from_a_bank_account(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    paid = Graph.of(alice).data(PAY_ORDER, **paying(order, {"bankAccount": ACCOUNT}))["payOrder"]
    source = paid["payment"]["source"]
    assert (source["__typename"], source["routingNumber"], source["holderLast4"]) == (
        "BankAccountSource",
        "*" * 9,
        "6789",
    )
    assert ACCOUNT["accountNumber"] not in str(paid)


def test_a_declined_payment_is_no_error(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    source = {"card": CARD | {"number": DECLINED_CARD}}
    paid = Graph.of(alice).data(PAY_ORDER, **paying(order, source))["payOrder"]
    assert (paid["payment"]["status"], paid["order"]["status"]) == ("FAILED", "PLACED")


@pytest.mark.parametrize("source", [{"card": CARD}, {"bankAccount": ACCOUNT}])
def test_a_key_pays_once_and_stores_no_number(acme: Tenant, alice: User, source: dict[str, Any]) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    graph, variables = Graph.of(alice), paying(order, source, idempotencyKey="k")
    first = graph.data(PAY_ORDER, **variables)["payOrder"]
    again = graph.data(PAY_ORDER, **variables)["payOrder"]
    assert again == first | {"isReplay": True}
    changed = paying(order, source, idempotencyKey="k", currency="EUR")
    assert graph.code(PAY_ORDER, **changed) == "IDEMPOTENCY_KEY_REUSED"
    assert count_rows()[2] == 1
    with all_tenants(reason="a test looks for numbers"):
        (record,) = IdempotencyRecord.objects.all()
    kept = f"{bytes(record.body).decode()} {record.headers} {record.request_digest} {record.key_digest}"
    for secret in (CARD["number"], CARD["cvc"], ACCOUNT["accountNumber"], ACCOUNT["routingNumber"]):
        assert secret not in kept


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"card": CARD | {"number": "4242424242424241"}}, "source.card.number"),
        ({"card": CARD | {"cvc": "12"}}, "source.card.cvc"),
        ({"card": CARD | {"expYear": 2001}}, "source.card.expYear"),
        ({"card": CARD | {"billingAddress": ADDRESS | {"country": "Wales"}}}, "source.card.billingAddress.country"),
        ({"bankAccount": ACCOUNT | {"routingNumber": "110000001"}}, "source.bankAccount.routingNumber"),
        ({"bankAccount": ACCOUNT | {"accountNumber": "1"}}, "source.bankAccount.accountNumber"),
    ],
)
def test_a_source_at_fault_is_named_and_not_repeated(
    acme: Tenant, alice: User, source: dict[str, Any], field: str
) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    for key in (None, "k"):
        error = Graph.of(alice).error(PAY_ORDER, **paying(order, source, idempotencyKey=key))
        assert error["extensions"]["problem"]["errors"][0]["field"] == field
        assert not [
            value for value in next(iter(source.values())).values() if str(value) in str(error) and len(str(value)) > 4
        ]
    assert count_rows()[2] == 0


def test_amount_and_currency_are_the_order_s(acme: Tenant, alice: User) -> None:
    order, source = OrderFactory.create(tenant=acme, customer=alice), {"card": CARD}
    graph = Graph.of(alice)
    assert graph.fault(PAY_ORDER, **paying(order, source, amount="1.00")) == ("amount", "wrong_amount")
    assert graph.fault(PAY_ORDER, **paying(order, source, currency="EUR")) == ("currency", "wrong_currency")
    assert graph.fault(PAY_ORDER, **paying(order, source, currency="XXX"))[0] == "currency"


@pytest.mark.parametrize(
    ("source", "amount"),
    [
        ({}, "1"),
        ({"card": CARD, "bankAccount": ACCOUNT}, "1"),
        ({"card": None}, "1"),
        ({"card": CARD, "bankAccount": None}, "1"),
        ({"card": CARD | {"number": 4242424242424242}}, "1"),
        ({"card": CARD | {"cvc": 987}}, "1"),
        ({"card": CARD | {"expMonth": "12"}}, "1"),
        ({"card": CARD}, 1),
        ({"card": CARD}, "1e3"),
        ({"card": CARD}, "\uff11"),
        ({"card": CARD}, " 1"),
        ({"card": CARD}, "-1"),
    ],
)
def test_values_of_other_types_are_refused_and_not_repeated(
    acme: Tenant, alice: User, source: dict[str, Any], amount: Any
) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    error = Graph.of(alice).refusal(PAY_ORDER, **paying(order, source, amount=amount))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["problem"]["type"].endswith("/bad-request")
    assert not any(secret in str(error) for secret in ("4242424242424242", "987", "1e3"))
    assert count_rows()[2] == 0


def test_mutations_run_in_their_order_each_by_itself(acme: Tenant, alice: User) -> None:
    first, second = OrderFactory.create(tenant=acme, customer=alice), OrderFactory.create(tenant=acme, customer=alice)
    query = f"""mutation {{
      a: cancelOrder(id: "{first.id}") {{ order {{ status }} }}
      b: cancelOrder(id: "{first.id}") {{ order {{ status }} }}
      c: cancelOrder(id: "{second.id}") {{ order {{ status }} }}
    }}"""
    result = Graph.of(alice).result(query)
    cancelled = {"order": {"status": "CANCELLED"}}
    assert result["data"] == {"a": cancelled, "b": None, "c": cancelled}
    assert [error["path"] for error in result["errors"]] == [["b"]]
