"""GET /v1/receipts/{id}: JSON for programs, a page for people (contract, Payments)."""

import re
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from orders.receipt_links import build_receipt_url
from orders.tracking_links import build_tracking_url
from payments.gateways.sandbox import DECLINED_CARD, SILENT_CARD
from payments.models import Payment
from payments.services.order_transitions import cancel_order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory, PetFactory
from tests.payments.paying import pay
from tests.payments.sources import ADDRESS, bank_account, card, parsed
from tests.rest.problems import assert_problem

NEVER = "0190b6a2-0000-7000-8000-000000000000"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's order."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice, pet__name="Rex", pet__breed="Beagle")
    return placed


@pytest.fixture
def payment(order: Order) -> Payment:
    """Alice has paid."""
    return pay(order, source=parsed(card(billingAddress=ADDRESS)))


def _read(client: Client, receipt: object, accept: str = "*/*", **extra: Any) -> Any:
    return client.get(f"/v1/receipts/{receipt}", HTTP_ACCEPT=accept, **extra)


def _page(client: Client, receipt: object) -> str:
    answer = _read(client, receipt, BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    text: str = answer.content.decode()
    return text


def test_a_receipt_tells_who_sold_what_and_how_it_was_paid(
    api: Client, alice: User, order: Order, payment: Payment
) -> None:
    answer = _read(api.as_(alice), payment.id)
    assert payment.settled_at
    assert answer.json() == {
        "receiptId": str(payment.id),
        "generatedAt": clock.format_rfc3339(payment.settled_at),
        "order": api.as_(alice).get(f"/v1/orders/{order.id}").json(),
        "pet": {"id": str(order.pet_id), "name": "Rex", "species": "DOG", "breed": "Beagle"},
        "payment": api.as_(alice).get(f"/v1/orders/{order.id}/payments").json()["data"][0],
        "receiptUrl": build_receipt_url(payment.tenant_id, payment.id, site="http://testserver"),
        "seller": "Acme",
    }
    assert answer["Content-Type"] == "application/json"


def test_its_address_is_the_public_one(api: Client, settings: Settings, stray: Pet) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    payment = pay(OrderFactory.create(pet=stray))
    assert _read(api, payment.id).json()["receiptUrl"].startswith(f"https://shop.example/receipts/{payment.id}/")


def test_a_browser_gets_a_page(api: Client, alice: User, order: Order, payment: Payment) -> None:
    page = _page(api.as_(alice), payment.id)
    told = ("Acme", str(payment.id), str(order.id), "Rex", "Dog, Beagle", "150.00 USD", "VISA card ending in 4242")
    assert [text for text in (*told, "Ada Lovelace", "62701 Springfield") if text not in page] == []
    assert "refunded" not in page


def test_a_page_of_a_bank_account_says_which_bank(api: Client, stray: Pet) -> None:
    page = _page(api, pay(OrderFactory.create(pet=stray), source=parsed(bank_account())).id)
    assert "JPMorgan Chase, account ************6789" in page


def test_the_page_takes_nothing_from_anywhere(api: Client, stray: Pet) -> None:
    payment = pay(OrderFactory.create(pet=stray))
    page = _page(api, payment.id).replace(f"http://testserver/receipts/{payment.id}", "")
    follow = build_tracking_url(payment.tenant_id, payment.order_id, site="http://testserver")
    assert re.findall(r"//|url\(|src=|href=|<script|@import", page.replace(f'<a href="{follow}">', "")) == []
    assert "default-src 'none'" in _read(api, payment.id, BROWSER)["Content-Security-Policy"]


def test_names_are_text_in_the_page(api: Client, pool: Tenant) -> None:
    pet, payer = "<b>Rex</b>", "<script>alert(1)</script>"
    order = OrderFactory.create(pet=PetFactory.create(name=pet))
    page = _page(api, pay(order, source=parsed(card(name=payer))).id)
    assert (pet in page, payer in page, "&lt;b&gt;Rex&lt;/b&gt;" in page) == (False, False, True)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("text/*", "text/html"),
        ("application/json, text/html;q=0.5", "application/json"),
        (BROWSER, "text/html"),
    ],
)
def test_accept_chooses(api: Client, stray: Pet, accept: str, media_type: str) -> None:
    answer = _read(api, pay(OrderFactory.create(pet=stray)).id, accept)
    assert answer["Content-Type"].split(";")[0] == media_type
    assert "Accept" in answer["Vary"]


def test_what_cannot_be_produced_is_406(api: Client, stray: Pet) -> None:
    assert_problem(_read(api, pay(OrderFactory.create(pet=stray)).id, "application/pdf"), 406, "not-acceptable")


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_a_receipt_that_the_caller_has_is_304(api: Client, stray: Pet, accept: str) -> None:
    payment = pay(OrderFactory.create(pet=stray))
    tag = _read(api, payment.id, accept)["ETag"]
    again = _read(api, payment.id, accept, HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


def test_page_and_json_have_tags_of_their_own(api: Client, stray: Pet) -> None:
    payment = pay(OrderFactory.create(pet=stray))
    assert _read(api, payment.id)["ETag"] != _read(api, payment.id, BROWSER)["ETag"]


def test_a_refund_is_told_and_changes_the_tag(api: Client, stray: Pet) -> None:
    payment = pay(OrderFactory.create(pet=stray))
    before = _read(api, payment.id)
    with tenant_scope(payment.tenant_id):
        cancel_order(order_id=payment.order_id, actor=SYSTEM)
    after = _read(api, payment.id)
    assert (after.json()["payment"]["status"], after.json()["order"]["status"]) == ("REFUNDED", "CANCELLED")
    assert after["ETag"] != before["ETag"]
    assert "paid, and refunded since" in _page(api, payment.id)


def test_the_seller_of_the_shared_pool_has_a_name(api: Client, stray: Pet) -> None:
    assert _read(api, pay(OrderFactory.create(pet=stray)).id).json()["seller"] == "Pet Store"


@pytest.mark.parametrize("number", [DECLINED_CARD, SILENT_CARD])
def test_a_payment_that_did_not_go_through_has_no_receipt(api: Client, stray: Pet, number: str) -> None:
    assert_problem(_read(api, pay(OrderFactory.create(pet=stray), number).id), 404, "not-found")


@pytest.mark.parametrize("receipt", [NEVER, "1", "%00", "null"])
def test_an_id_that_names_no_receipt_is_404(api: Client, db: None, receipt: str) -> None:
    assert_problem(_read(api, receipt), 404, "not-found")


def test_it_is_read_by_whoever_may_read_the_order(
    api: Client, payment: Payment, acme: Tenant, alice: User, sam: User, root: User
) -> None:
    for reader in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        assert _read(reader, payment.id).status_code == 200


@pytest.mark.parametrize("accept", ["*/*", BROWSER])
def test_a_stranger_does_not_read_it(api: Client, payment: Payment, bob: User, accept: str) -> None:
    assert_problem(_read(api.as_(bob), payment.id, accept), 403, "forbidden")


@pytest.mark.parametrize("accept", ["*/*", BROWSER])
def test_a_users_receipt_is_not_read_without_a_token(api: Client, pool: Tenant, accept: str) -> None:
    order = OrderFactory.create(customer=CustomerFactory.create())
    assert_problem(_read(api, pay(order).id, accept), 401, "unauthorized")


def test_head_answers_as_get_does_and_other_methods_are_405(api: Client, stray: Pet) -> None:
    address = f"/v1/receipts/{pay(OrderFactory.create(pet=stray)).id}"
    got, head, refused = api.get(address), api.head(address), api.delete(address)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
