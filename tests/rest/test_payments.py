"""POST /v1/orders/{id}/payment and GET /v1/orders/{id}/payments (contract, Payments; guarantees, G7)."""

import json
import logging
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from accounts.models import User
from kernel import clock, ids
from orders.models import Order
from orders.states import Status
from payments.gateways.sandbox import DECLINED_CARD, FAILING_CARD, SILENT_CARD
from tenants.models import Tenant
from tests.client import Client
from tests.concurrency import run_together
from tests.factories import CustomerFactory, OrderFactory
from tests.orders.moving import order_in
from tests.payments.conftest import Use, use
from tests.payments.paying import Broken, Unlucky, charged, payments_of, raises, stored
from tests.payments.sources import ADDRESS, VISA, bank_account, card, parsed
from tests.rest.paying import Answer, pay, payment_of
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

__all__ = ["use"]

ACCOUNT = "000123456789"
NEVER = "0190b6a2-0000-7000-8000-000000000000"


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's order."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    return placed


@pytest.fixture
def buyer(api: Client, alice: User) -> Client:
    return api.as_(alice)


@pytest.fixture
def open_order(pool: Tenant) -> Order:
    """An anonymous order in the shared pool."""
    placed: Order = OrderFactory.create()
    return placed


def _refused(client: Client, order: Order, status: int, slug: str, field: str = "", **changed: Any) -> Answer:
    before = snapshot()
    answer = pay(client, order, **changed)
    assert_problem(answer, status, slug, field)
    assert snapshot() == before
    return answer


def test_a_payment_is_made_and_shown_masked_and_the_order_is_approved(buyer: Client, order: Order) -> None:
    answer = pay(buyer, order, source=card(billingAddress=ADDRESS | {"state": "IL"}))
    (payment,) = payments_of(order)
    assert (answer.status_code, "Location" in answer) == (201, False)
    assert answer.json() == {
        "id": str(payment.id),
        "amount": "150.00",
        "currency": "USD",
        "source": {
            "object": "card",
            "name": "Ada Lovelace",
            "number": "************4242",
            "expMonth": 12,
            "expYear": 2030,
            "brand": "VISA",
            "last4": "4242",
            "billingAddress": {"city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US"},
        },
        "status": "SUCCEEDED",
        "createdAt": clock.format_rfc3339(payment.created_at),
    }
    assert stored(order).status == Status.APPROVED
    assert charged() == 1


@pytest.mark.parametrize("source", [card(billingAddress=ADDRESS), bank_account()])
def test_a_source_is_shown_in_the_same_order_now_and_later(buyer: Client, order: Order, source: dict[str, Any]) -> None:
    now = pay(buyer, order, source=source).json()["source"]
    (later,) = buyer.get(f"/v1/orders/{order.id}/payments").json()["data"]
    assert json.dumps(now) == json.dumps(later["source"]) == json.dumps(parsed(source).to_public())


def test_a_bank_account_pays_too(buyer: Client, order: Order) -> None:
    answer = pay(buyer, order, source=bank_account())
    assert (answer.status_code, answer.json()["status"]) == (201, "SUCCEEDED")
    assert answer.json()["source"] == {
        "object": "bank_account",
        "accountHolderName": "Ada Lovelace",
        "accountNumber": "************6789",
        "accountType": "CHECKING",
        "bankName": "JPMorgan Chase",
        "last4": "6789",
    }


def test_a_declined_card_leaves_the_order_placed_and_a_new_try_is_a_new_payment(buyer: Client, order: Order) -> None:
    declined = pay(buyer, order, DECLINED_CARD)
    assert (declined.status_code, declined.json()["status"]) == (201, "FAILED")
    assert stored(order).status == Status.PLACED
    assert pay(buyer, order).json()["status"] == "SUCCEEDED"
    assert [payment.status for payment in payments_of(order)] == ["FAILED", "SUCCEEDED"]


@pytest.mark.parametrize(("number", "status"), [(FAILING_CARD, "FAILED"), (SILENT_CARD, "PROCESSING")])
def test_a_gateway_that_fails_or_is_silent_is_no_failure_of_ours(
    buyer: Client, order: Order, number: str, status: str
) -> None:
    answer = pay(buyer, order, number)
    assert (answer.status_code, answer.json()["status"]) == (201, status)
    assert stored(order).status == Status.PLACED


def test_another_payment_under_way_is_409(buyer: Client, order: Order) -> None:
    pay(buyer, order, SILENT_CARD)
    _refused(buyer, order, 409, "conflict")


@pytest.mark.parametrize("status", [Status.APPROVED, Status.SHIPPED, Status.DELIVERED, Status.CANCELLED])
def test_an_order_that_is_not_placed_is_409(api: Client, pool: Tenant, status: Status) -> None:
    _refused(api, order_in(status), 409, "conflict")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", "149.99"),
        ("amount", "150.001"),
        ("amount", 150.0),
        ("amount", None),
        ("currency", "EUR"),
        ("currency", "JPY"),
        ("currency", 840),
        ("source", None),
        ("source", VISA),
        ("source", [card()]),
        ("color", "red"),
    ],
)
def test_amount_currency_and_source_are_the_orders_or_400(buyer: Client, order: Order, name: str, value: Any) -> None:
    _refused(buyer, order, 400, "validation-error", name, **{name: value})


@pytest.mark.parametrize("name", ["amount", "currency", "source"])
def test_each_part_of_a_payment_is_required(buyer: Client, order: Order, name: str) -> None:
    body = {key: value for key, value in payment_of(order).items() if key != name}
    before = snapshot()
    assert_problem(buyer.post(f"/v1/orders/{order.id}/payment", body), 400, "validation-error", name)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({}, "source.object"),
        (card(object="cash"), "source.object"),
        (card(number="4242424242424241"), "source.number"),
        (card(number=int(VISA)), "source.number"),
        (card(cvc="12"), "source.cvc"),
        (card(expYear=2001), "source.expYear"),
        (card(color="red"), "source.color"),
        (card(billingAddress=ADDRESS | {"country": "Oz"}), "source.billingAddress.country"),
        (card(billingAddress=ADDRESS | {VISA: 1}), "source.billingAddress"),
        (card() | {VISA: 1}, "source"),
        (bank_account(routingNumber="021000022"), "source.routingNumber"),
        (bank_account(accountNumber=ACCOUNT * 2), "source.accountNumber"),
    ],
)
def test_a_fault_of_the_source_is_told_by_its_dotted_name_and_nothing_else(
    buyer: Client, order: Order, source: dict[str, Any], field: str
) -> None:
    answer = _refused(buyer, order, 400, "validation-error", field, source=source)
    assert not any(secret in answer.content.decode() for secret in (VISA, VISA[:-1], ACCOUNT))


def test_all_faults_are_told_at_once(buyer: Client, order: Order) -> None:
    answer = pay(buyer, order, amount="1e3", source=card(number="1", cvc="x"))
    assert {fault["field"] for fault in answer.json()["errors"]} == {"amount", "source.number", "source.cvc"}


def test_a_name_that_nobody_knows_is_not_repeated_where_it_holds_a_card_number(buyer: Client, order: Order) -> None:
    for name in (VISA, f"card{VISA}", "4242 4242 4242 4242", "x" * 50):
        answer = _refused(buyer, order, 400, "validation-error", "body", **{name: 1})
        assert name not in answer.content.decode()


def test_enums_come_in_any_case(buyer: Client, order: Order) -> None:
    assert pay(buyer, order, currency="usd", source=card(object="CARD")).status_code == 201


def test_read_only_fields_change_nothing(buyer: Client, order: Order) -> None:
    answer = pay(buyer, order, id=NEVER, status="REFUNDED", createdAt="soon", source=card(brand="JCB", last4="0000"))
    assert (answer.json()["status"], answer.json()["source"]["last4"]) == ("SUCCEEDED", "4242")
    assert answer.json()["id"] != NEVER


def test_number_and_cvc_are_kept_nowhere(
    buyer: Client, order: Order, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            pay(buyer, order, key="key-1", source=card(number=VISA, cvc="90817")),
            pay(buyer, order, DECLINED_CARD, key="key-2"),
            pay(buyer, order, key="key-1", source=card(cvc="908")),
            pay(buyer, order, key="key-1", source=card(cvc="908")),
        ]
    assert [answer.status_code for answer in answers] == [400, 201, 201, 201]
    places = [str(snapshot()), caplog.text, *capfd.readouterr(), *(answer.content.decode() for answer in answers)]
    secrets = (VISA, DECLINED_CARD, "'908'", '"908"')
    assert [place for place in places if any(secret in place for secret in secrets)] == []


@pytest.mark.parametrize("is_debugging", [True, False])
def test_a_defect_of_ours_shows_and_logs_no_card(
    buyer: Client, order: Order, use: Use, settings: Settings, caplog: pytest.LogCaptureFixture, is_debugging: bool
) -> None:
    use(Unlucky(after=[raises(Broken())]))
    settings.DEBUG, buyer.raise_request_exception = is_debugging, False
    answer = pay(buyer, order, key="key-1")
    assert_problem(answer, 500, "internal-server-error")
    assert "Broken" in caplog.text
    assert VISA not in caplog.text + answer.content.decode()


def test_the_owner_staff_and_admins_pay(api: Client, acme: Tenant, alice: User, sam: User, root: User) -> None:
    for client in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        order = OrderFactory.create(tenant=acme, customer=alice)
        assert pay(client, order).status_code == 201


def test_an_anonymous_order_is_paid_by_whoever_knows_it(api: Client, open_order: Order) -> None:
    assert pay(api, open_order).json()["status"] == "SUCCEEDED"
    (payment,) = api.get(f"/v1/orders/{open_order.id}/payments").json()["data"]
    assert payment["status"] == "SUCCEEDED"


@pytest.mark.parametrize("key", [None, "key-1"])
def test_a_stranger_pays_nothing_and_sees_nothing(api: Client, order: Order, bob: User, key: str | None) -> None:
    _refused(api.as_(bob), order, 403, "forbidden", key=key)
    assert_problem(api.as_(bob).get(f"/v1/orders/{order.id}/payments"), 403, "forbidden")


@pytest.mark.parametrize("key", [None, "key-1"])
def test_a_users_order_is_not_paid_without_a_token(api: Client, pool: Tenant, key: str | None) -> None:
    order = OrderFactory.create(customer=CustomerFactory.create())
    _refused(api, order, 401, "unauthorized", key=key)
    assert_problem(api.get(f"/v1/orders/{order.id}/payments"), 401, "unauthorized")


@pytest.mark.parametrize("key", [None, "key-1"])
def test_an_unknown_order_is_404_and_makes_no_tenant(api: Client, open_order: Order, key: str | None) -> None:
    api.credentials(HTTP_X_TENANT_ID=str(ids.new_id()))
    _refused(api, open_order, 404, "not-found", key=key)
    assert_problem(api.get(f"/v1/orders/{open_order.id}/payments"), 404, "not-found")


def test_a_bad_key_is_400_and_charges_nothing(buyer: Client, order: Order) -> None:
    _refused(buyer, order, 400, "bad-request", key="")


def test_the_second_request_gets_the_first_answer_again_and_charges_nothing(buyer: Client, order: Order) -> None:
    first, second = pay(buyer, order, key="key-1"), pay(buyer, order, key="key-1")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert charged() == len(payments_of(order)) == 1


def test_without_a_key_the_second_request_is_409(buyer: Client, order: Order) -> None:
    pay(buyer, order)
    _refused(buyer, order, 409, "conflict")


def test_the_key_with_another_card_is_422_and_charges_nothing(buyer: Client, order: Order) -> None:
    pay(buyer, order, DECLINED_CARD, key="key-1")
    before = snapshot()
    answer = pay(buyer, order, key="key-1")
    assert_problem(answer, 422, "idempotency-key-reused")
    assert snapshot() == before


@pytest.mark.parametrize("mistake", [{"amount": "1.00"}, {"color": "red"}, {"source": card(number="1")}])
def test_a_refusal_is_not_kept_so_that_the_request_may_be_mended(
    buyer: Client, order: Order, mistake: dict[str, Any]
) -> None:
    _refused(buyer, order, 400, "validation-error", key="key-1", **mistake)
    answer = pay(buyer, order, key="key-1")
    assert (answer.status_code, "Idempotent-Replayed" in answer) == (201, False)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_request_that_broke_off_is_taken_up_by_the_next_one_and_charges_once(
    buyer: Client, order: Order, use: Use, moment: str
) -> None:
    use(Unlucky(before=[raises(Broken())]) if moment == "before" else Unlucky(after=[raises(Broken())]))
    buyer.raise_request_exception = False
    assert pay(buyer, order, key="key-1").status_code == 500
    again = pay(buyer, order, key="key-1")
    assert (again.status_code, again.json()["status"]) == (201, "SUCCEEDED")
    assert charged() == len(payments_of(order)) == 1


def test_an_answer_that_could_not_be_stored_is_given_again(
    buyer: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("petstore.interfaces.rest.idempotency._build_replayable_response", raises(DatabaseError()))
        buyer.raise_request_exception = False
        assert pay(buyer, order, key="key-1").status_code == 500
    assert pay(buyer, order, key="key-1").json()["status"] == "SUCCEEDED"
    assert charged() == len(payments_of(order)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", [["key-1"] * 8, [None] * 8, [f"key-{number}" for number in range(8)]])
def test_of_eight_at_once_one_charges(open_order: Order, keys: list[str | None]) -> None:
    outcome = run_together([partial(pay, Client(), open_order, key=key) for key in keys])
    assert {answer.status_code for answer in outcome.results} <= {201, 409}
    assert len({answer.content for answer in outcome.results if answer.status_code == 201}) == 1
    assert charged() == len(payments_of(open_order)) == 1


def test_payments_come_in_pages_oldest_first(buyer: Client, order: Order) -> None:
    made = [pay(buyer, order, number).json()["id"] for number in (DECLINED_CARD, DECLINED_CARD, VISA)]
    page = buyer.get(f"/v1/orders/{order.id}/payments?limit=2").json()
    rest = buyer.get(page["links"]["next"]).json()
    assert [payment["id"] for payment in page["data"] + rest["data"]] == made
    assert page["pagination"] == {"page": 1, "limit": 2, "totalItems": 3, "totalPages": 2}


def test_an_order_without_payments_has_an_empty_list(buyer: Client, order: Order) -> None:
    assert buyer.get(f"/v1/orders/{order.id}/payments").json()["data"] == []


@pytest.mark.parametrize(("path", "allow"), [("payment", {"POST"}), ("payments", {"GET", "HEAD"})])
def test_other_methods_are_405_and_say_what_is_allowed(api: Client, open_order: Order, path: str, allow: Any) -> None:
    address = f"/v1/orders/{open_order.id}/{path}"
    before = snapshot()
    asked, refused = api.options(address), api.put(address, {})
    assert (asked.status_code, set(asked["Allow"].split(", "))) == (204, {*allow, "OPTIONS"})
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == {*allow, "OPTIONS"}
    assert snapshot() == before


@pytest.mark.parametrize("number", ["", "x", "\0", "4242-4242-4242-4242", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "4" * 20, NEVER])
def test_whatever_is_no_card_number_is_400(buyer: Client, order: Order, number: str) -> None:
    slug = "bad-request" if "\0" in number else "validation-error"
    _refused(buyer, order, 400, slug, number=number)
