"""The page that follows an order, for whoever has its link, and nothing else of the tenant."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel import ids
from kernel.actor import SYSTEM
from orders.models import Order
from orders.receipt_links import build_receipt_url
from orders.states import Command
from orders.tracking_links import build_tracking_url
from payments.services.order_transitions import transition_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import screen_of
from tests.client import Client
from tests.factories import OrderFactory, PetFactory, TenantFactory
from tests.payments.paying import pay
from tests.rest.listening import Heard, read_events
from tests.rest.problems import assert_problem
from tests.webhooks.delivering import publish_all_events


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's, for Rex."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice, pet__name="Rex")
    return placed


@pytest.fixture
def link(order: Order) -> str:
    """To the page of Alice's order, as a path."""
    return link_to(order)


def link_to(order: Order) -> str:
    return build_tracking_url(order.tenant_id, order.id, site="")


def key_of(order: Order) -> str:
    return link_to(order)[-64:]


def move(order: Order, *commands: Command, reason: str = "As agreed.") -> None:
    with tenant_scope(order.tenant_id):
        for command in commands:
            transition_order(order_id=order.id, command=command, actor=SYSTEM, reason=reason)


def steps_on(page: Any) -> list[str]:
    """The steps that a page shows as taken; the one where the order is has a star."""
    found = re.findall(r'<li data-status="(\w+)" class="([^"]*)"', page.content.decode())
    return [f"{name}{'*' * ('current' in classes)}" for name, classes in found if "reached" in classes]


def events_of(answer: Any) -> list[Heard]:
    return read_events(answer.content)


def test_a_stranger_with_the_link_sees_how_far_the_order_is(api: Client, order: Order, link: str) -> None:
    page = api.get(link)
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert [told for told in ("Acme", "Rex", str(order.id)) if told not in page.content.decode()] == []
    assert steps_on(page) == ["PLACED*"]
    move(order, Command.APPROVE, Command.SHIP)
    assert steps_on(api.get(link)) == ["PLACED", "APPROVED", "SHIPPED*"]
    move(order, Command.DELIVER)
    assert steps_on(api.get(link)) == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED*"]


def test_it_costs_the_same_however_far_the_order_is(
    api: Client, order: Order, link: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.get(link)
    for commands in ((), (Command.APPROVE, Command.SHIP, Command.DELIVER)):
        move(order, *commands)
        with django_assert_num_queries(4):
            api.get(link)
        with django_assert_num_queries(0):
            api.get(_tampered(order, order))


def test_of_a_cancelled_order_it_shows_the_way_that_it_went(api: Client, order: Order, link: str) -> None:
    move(order, Command.APPROVE, Command.CANCEL)
    page = api.get(link)
    assert steps_on(page) == ["PLACED", "APPROVED", "CANCELLED*"]
    assert "SHIPPED" not in page.content.decode()


def test_nobody_is_named_on_it_and_no_reason_is_given(api: Client, order: Order, alice: User, link: str) -> None:
    pay(order)
    move(order, Command.CANCEL, reason="alice cannot keep a dog")
    publish_all_events()
    text = api.get(link).content.decode() + api.get(f"{link}/events").content.decode()
    secrets = (alice.username, alice.first_name, alice.last_name, alice.email, str(alice.id), "cannot keep", "4242")
    assert [told for told in (*secrets, str(order.total_amount)) if told in text] == []


def test_names_are_text_on_it(api: Client, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme, pet=PetFactory.create(tenant=acme, name="<script>alert(1)</script>"))
    text = api.get(link_to(order)).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_shared_pool_and_an_open_tenant_have_such_links_alike(api: Client, pool: Tenant) -> None:
    for tenant in (pool, TenantFactory.create(access=Tenant.Access.OPEN)):
        order = OrderFactory.create(tenant=tenant, pet=PetFactory.create(tenant=tenant))
        assert steps_on(api.get(link_to(order))) == ["PLACED*"]


def test_its_address_is_told_to_nobody_and_it_takes_nothing_from_elsewhere(api: Client, link: str) -> None:
    page = api.get(link)
    headers = [page[name] for name in ("Referrer-Policy", "Cache-Control", "X-Robots-Tag")]
    assert headers == ["no-referrer", "private, no-cache", "noindex, nofollow, noarchive"]
    policy = page["Content-Security-Policy"]
    assert [
        part for part in ("default-src 'none'", "script-src 'self'", "form-action 'none'") if part not in policy
    ] == []
    assert ("unsafe" in policy, "Set-Cookie" in page) == (False, False)
    assert re.findall(r"//|url\(|style=|<script(?! src=)|@import", page.content.decode()) == []
    assert api.get(f"{link}/events")["Referrer-Policy"] == "no-referrer"


def _other_order(order: Order, other: Order) -> str:
    return f"/track/{other.id}/{key_of(order)}"


def _other_tenant(order: Order, other: Order) -> str:
    return build_tracking_url(other.tenant_id, order.id, site="")


def _tampered(order: Order, other: Order) -> str:
    key = key_of(order)
    return f"/track/{order.id}/{key[:40]}{'B' if key[40] == 'A' else 'A'}{key[41:]}"


def _with_anothers_tenant(order: Order, other: Order) -> str:
    return f"/track/{order.id}/{key_of(other)[:22]}{key_of(order)[22:]}"


def _key_of_a_receipt(order: Order, other: Order) -> str:
    return f"/track/{order.id}/{build_receipt_url(order.tenant_id, order.id, site='')[-64:]}"


def _truncated(order: Order, other: Order) -> str:
    return link_to(order)[:-4]


def _repeated(order: Order, other: Order) -> str:
    return link_to(order) + key_of(order)


def _junk(order: Order, other: Order) -> str:
    return f"/track/{order.id}/{'%C3%A9' * 64}"


def _padded(order: Order, other: Order) -> str:
    return f"{link_to(order)}%0A"


def _of_no_order(order: Order, other: Order) -> str:
    return build_tracking_url(order.tenant_id, ids.new_id(), site="")


@pytest.mark.parametrize(
    "wrong",
    [
        *(_other_order, _other_tenant, _tampered, _with_anothers_tenant, _key_of_a_receipt),
        *(_truncated, _repeated, _junk, _padded, _of_no_order),
    ],
)
def test_any_other_link_finds_nothing(
    api: Client, order: Order, globex: Tenant, charlie: User, wrong: Callable[[Order, Order], str]
) -> None:
    address = wrong(order, OrderFactory.create(tenant=globex, customer=charlie))
    unknown = api.get("/track/nothing")
    for refused in (api.get(address), api.get(f"{address}/events")):
        assert (refused.status_code, refused.content) == (404, unknown.content)


def test_a_key_opens_no_receipt(api: Client, order: Order) -> None:
    payment = pay(order)
    key = build_tracking_url(order.tenant_id, payment.id, site="")[-64:]
    assert api.get(f"/receipts/{payment.id}/{key}").status_code == 404


def test_it_changes_with_the_secret_but_an_old_one_still_opens_it(api: Client, link: str, settings: Settings) -> None:
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another one"  # of this test
    assert api.get(link).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [before]
    assert api.get(link).status_code == 200


def test_nothing_else_of_the_tenant_is_opened_by_it(api: Client, acme: Tenant, order: Order) -> None:
    for path in (f"orders/{order.id}", f"orders/{order.id}/events", f"orders/{order.id}/payments"):
        assert_problem(api.at(acme).get(f"/v1/{path}", {"key": key_of(order)}), 401, "unauthorized")


def test_a_suspended_tenant_shows_no_order(api: Client, acme: Tenant, order: Order, link: str) -> None:
    change_tenant(tenant_id=acme.id, actor=SYSTEM, name=acme.name, access=acme.access, status=Tenant.Status.SUSPENDED)
    for address in (link, f"{link}/events"):
        refused = api.get(address)
        assert (refused.status_code, refused["Referrer-Policy"]) == (403, "no-referrer")
        assert [told for told in ("Acme", "Rex", str(order.id)) if told in refused.content.decode()] == []
    assert api.get(_truncated(order, order)).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(api: Client, order: Order, link: str, method: str) -> None:
    assert [api.generic(method, address).status_code for address in (link, f"{link}/events")] == [405, 405]
    assert api.head(link).status_code == 200
    assert steps_on(api.get(link)) == ["PLACED*"]


def test_its_events_tell_the_steps_and_nothing_more(api: Client, order: Order, link: str) -> None:
    pay(order)
    publish_all_events()
    heard = events_of(api.get(f"{link}/events"))
    assert [(one.event, one.data["newStatus"]) for one in heard] == [
        ("order.statusChanged", "PLACED"),
        ("order.statusChanged", "APPROVED"),
    ]
    assert {frozenset(one.data) for one in heard} == {frozenset({"previousStatus", "newStatus", "changedAt"})}
    resumed = api.get(f"{link}/events", HTTP_LAST_EVENT_ID=heard[0].id)
    assert events_of(resumed) == heard[1:]


def test_an_ended_order_has_nothing_more_to_tell(api: Client, order: Order, link: str) -> None:
    move(order, Command.CANCEL)
    publish_all_events()
    heard = events_of(api.get(f"{link}/events"))
    assert heard[-1].data["newStatus"] == "CANCELLED"
    assert api.get(f"{link}/events", HTTP_LAST_EVENT_ID=heard[-1].id).status_code == 204


def test_the_back_office_has_the_link_of_an_order(api: Client, order: Order, sam: User, link: str) -> None:
    page = screen_of(sam).open("orders_order_change", order.pk).content.decode()
    assert f'href="{link}"' in page
