"""`receiptUrl`: a page for whoever has the link, and nothing else of the tenant."""

import re
from collections.abc import Callable

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel import ids
from kernel.actor import SYSTEM
from orders.models import Order
from orders.receipt_links import build_receipt_url, find_tenant_of_link
from orders.tracking_links import build_tracking_url
from payments.gateways.sandbox import DECLINED_CARD
from payments.models import Payment
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory, TenantFactory
from tests.payments.paying import pay
from tests.rest.problems import assert_problem

SITE = "http://testserver"


@pytest.fixture
def payment(acme: Tenant, alice: User) -> Payment:
    """Alice's, for Rex."""
    return pay(OrderFactory.create(tenant=acme, customer=alice, pet__name="Rex"))


@pytest.fixture
def link(payment: Payment) -> str:
    """To the receipt of Alice's payment, as a path."""
    return _link(payment)


def _link(payment: Payment) -> str:
    return build_receipt_url(payment.tenant_id, payment.id, site="")


def _key(payment: Payment) -> str:
    return _link(payment)[-64:]


def test_the_link_that_the_api_gives_opens_the_receipt_for_a_stranger(
    api: Client, payment: Payment, alice: User
) -> None:
    link = api.as_(alice).get(f"/v1/receipts/{payment.id}").json()["receiptUrl"]
    assert link.startswith(f"{SITE}/receipts/{payment.id}/")
    page = api.get(link.removeprefix(SITE))
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    told = ("Acme", str(payment.id), str(payment.order_id), "Rex", "150.00 USD", "VISA card ending in 4242", link)
    assert [text for text in told if text not in page.content.decode()] == []


def test_a_receipt_of_the_shared_pool_and_of_an_open_tenant_are_opened_alike(api: Client, pool: Tenant) -> None:
    for tenant in (pool, TenantFactory.create(access=Tenant.Access.OPEN)):
        payment = pay(OrderFactory.create(tenant=tenant, pet=PetFactory.create(tenant=tenant)))
        assert str(payment.id) in api.get(_link(payment)).content.decode()


def test_the_page_takes_nothing_from_anywhere_and_is_told_to_nobody(api: Client, payment: Payment, link: str) -> None:
    page = api.get(link)
    follow = f'<a href="{build_tracking_url(payment.tenant_id, payment.order_id, site=SITE)}">'
    text = page.content.decode().replace(f"{SITE}{link}", "").replace(follow, "")
    assert re.findall(r"//|url\(|src=|href=|<script|@import", text) == []
    assert "default-src 'none'" in page["Content-Security-Policy"]
    headers = [page[name] for name in ("Referrer-Policy", "Cache-Control", "X-Robots-Tag")]
    assert headers == ["no-referrer", "private, no-cache", "noindex, nofollow, noarchive"]


def test_it_leads_to_the_page_that_follows_the_order(api: Client, link: str) -> None:
    [follow] = re.findall(r'href="([^"]+)"', api.get(link).content.decode())
    assert "Rex" in api.get(follow.removeprefix(SITE)).content.decode()


def test_a_refund_is_told(api: Client, payment: Payment, link: str) -> None:
    with tenant_scope(payment.tenant_id):
        cancel_order(order_id=payment.order_id, actor=SYSTEM)
    assert "paid, and refunded since" in api.get(link).content.decode()


def _other_receipt(payment: Payment, other: Payment) -> str:
    return f"/receipts/{other.id}/{_key(payment)}"


def _other_tenant(payment: Payment, other: Payment) -> str:
    return build_receipt_url(other.tenant_id, payment.id, site="")


def _tampered(payment: Payment, other: Payment) -> str:
    key = _key(payment)
    return f"/receipts/{payment.id}/{key[:40]}{'B' if key[40] == 'A' else 'A'}{key[41:]}"


def _with_anothers_tenant(payment: Payment, other: Payment) -> str:
    return f"/receipts/{payment.id}/{_key(other)[:22]}{_key(payment)[22:]}"


def _truncated(payment: Payment, other: Payment) -> str:
    return _link(payment)[:-4]


def _repeated(payment: Payment, other: Payment) -> str:
    return _link(payment) + _key(payment)


def _keyless(payment: Payment, other: Payment) -> str:
    return f"/receipts/{payment.id}"


def _junk(payment: Payment, other: Payment) -> str:
    return f"/receipts/{payment.id}/{'%C3%A9' * 64}"


def _padded(payment: Payment, other: Payment) -> str:
    return f"{_link(payment)}%0A"


@pytest.mark.parametrize(
    "wrong",
    [
        _other_receipt,
        _other_tenant,
        _tampered,
        _with_anothers_tenant,
        _truncated,
        _repeated,
        _keyless,
        _junk,
        _padded,
    ],
)
def test_any_other_link_finds_nothing(
    api: Client, payment: Payment, globex: Tenant, charlie: User, wrong: Callable[[Payment, Payment], str]
) -> None:
    charlies = pay(OrderFactory.create(tenant=globex, customer=charlie))
    refused, unknown = api.get(wrong(payment, charlies)), api.get("/receipts/nothing")
    assert (refused.status_code, refused.content) == (404, unknown.content)


def test_a_colleagues_receipt_is_not_opened_by_it(api: Client, payment: Payment, acme: Tenant, bob: User) -> None:
    bobs = pay(OrderFactory.create(tenant=acme, customer=bob))
    assert api.get(_link(bobs)).status_code == 200
    assert api.get(_other_receipt(payment, bobs)).status_code == 404


def test_each_character_of_the_key_counts(payment: Payment) -> None:
    key = _key(payment)
    changed = {f"{key[:place]}{'-' if key[place] != '-' else '_'}{key[place + 1 :]}" for place in range(len(key))}
    assert [one for one in changed if find_tenant_of_link(payment.id, one)] == []
    assert find_tenant_of_link(payment.id, key) == payment.tenant_id


def test_the_key_changes_with_the_secret(api: Client, link: str, settings: Settings) -> None:
    settings.SECRET_KEY = "another one"  # noqa: S105  # of this test
    assert api.get(link).status_code == 404


def test_what_was_not_paid_has_no_page(api: Client, acme: Tenant, alice: User) -> None:
    declined = pay(OrderFactory.create(tenant=acme, customer=alice), DECLINED_CARD)
    assert api.get(_link(declined)).status_code == 404
    assert api.get(build_receipt_url(acme.id, ids.new_id(), site="")).status_code == 404


def test_nothing_else_of_the_tenant_is_opened_by_it(
    api: Client, acme: Tenant, payment: Payment, alice: User, order_of_bob: Order
) -> None:
    key = _key(payment)
    for path in (f"receipts/{payment.id}", f"orders/{payment.order_id}", f"orders/{order_of_bob.id}", "pets"):
        assert_problem(api.at(acme).get(f"/v1/{path}", {"key": key}), 401, "unauthorized")
    assert_problem(api.get(f"/v1/receipts/{payment.id}/{key}"), 404, "not-found")


@pytest.fixture
def order_of_bob(acme: Tenant, bob: User) -> Order:
    order: Order = OrderFactory.create(tenant=acme, customer=bob)
    return order


def test_a_suspended_tenant_shows_no_receipt(api: Client, acme: Tenant, payment: Payment, link: str) -> None:
    change_tenant(tenant_id=acme.id, actor=SYSTEM, name=acme.name, access=acme.access, status=Tenant.Status.SUSPENDED)
    refused = api.get(link)
    assert (refused.status_code, refused["Referrer-Policy"]) == (403, "no-referrer")
    text = refused.content.decode()
    assert [told for told in ("Acme", "Rex", str(payment.order_id)) if told in text] == []
    assert api.get(_truncated(payment, payment)).status_code == 404


def test_the_page_is_only_read(api: Client, link: str) -> None:
    assert (api.head(link).status_code, api.head(link).content) == (200, b"")
    assert [api.generic(method, link).status_code for method in ("POST", "PUT", "DELETE")] == [405] * 3


def test_the_header_decides_nothing_here(api: Client, globex: Tenant, payment: Payment, link: str) -> None:
    assert str(payment.order_id) in api.at(globex).get(link).content.decode()
