"""Filters and searches find what they say, and take odd input calmly."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import User
from kernel import clock
from orders.models import Order
from payments.models import Payment
from tests.backoffice.screens import Screen, rows_on, screen_of, text_of
from tests.factories import OrderFactory
from webhooks.models import Endpoint

ODD = (
    "q=%00",
    "status__exact=%00",
    "tenant=x",
    "p=999999999",
    "o=abc",
    "created_at__year=99999",
    "created_at__gte=x",
    "created_at_from=0001-01-01",
    "created_at_to=9999-12-31",
    "created_at_from=x",
    "user__email__contains=a",
    "endpoint=x",
    "event=x",
    "refund=x",
    "waiting=x",
    "delivered=x",
    "actor=x",
    "entity=x",
)
PLACES = (
    "orders/order",
    "pets/pet",
    "accounts/user",
    "tenants/tenant",
    "events/auditevent",
    "payments/payment",
    "webhooks/endpoint",
    "webhooks/delivery",
)


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_an_odd_query_is_no_error_inside(sams: Screen, order: Order, place: str, query: str) -> None:
    assert sams.get(f"/admin/{place}/?{query}").status_code in (200, 302, 400)


def test_an_odd_choice_of_rows_is_a_bad_request(sams: Screen, order: Order) -> None:
    values = {"action": "approve", "_selected_action": ["x"], "index": 0}
    assert sams.post("/admin/orders/order/", values).status_code == 400


def test_orders_are_found_by_id_pet_and_customer(sams: Screen, order: Order, alice: User) -> None:
    OrderFactory.create(tenant=order.tenant)
    for term in (order.pk, order.pet_id, alice.pk, "Rex", "alice"):
        assert order in rows_on(sams.open("orders_order_changelist", q=str(term)))
    assert rows_on(sams.open("orders_order_changelist", q=str(order.pk))) == [order]


def test_orders_are_filtered_by_status(sams: Screen, order: Order) -> None:
    assert rows_on(sams.open("orders_order_changelist", status__exact="PLACED")) == [order]
    assert rows_on(sams.open("orders_order_changelist", status__exact="SHIPPED")) == []


@pytest.mark.parametrize(("first", "last", "is_inside"), [(0, 0, True), (-1, 0, True), (1, 2, False), (-2, -1, False)])
def test_a_range_of_days_takes_in_both_ends(sams: Screen, order: Order, first: int, last: int, is_inside: bool) -> None:
    today: date = clock.now().date()
    days = {"created_at_from": today + timedelta(days=first), "created_at_to": today + timedelta(days=last)}
    assert (order in rows_on(sams.open("orders_order_changelist", **days))) is is_inside


def test_the_journal_is_found_by_entity_actor_and_request(sams: Screen, sam: User, order: Order) -> None:
    sams.get("/admin/")
    answers = {"version": 1, "reason": "Paid in cash"}
    sams.post(f"/admin/orders/order/{order.pk}/command/approve/", answers, headers={"X-Request-ID": "req-7"})
    approvals = rows_on(sams.open("events_auditevent_changelist", q="req-7"))
    assert [entry.action for entry in approvals] == ["ORDER_STATUS_CHANGED"]
    assert approvals == rows_on(
        sams.open("events_auditevent_changelist", q=str(sam.pk), action__exact="ORDER_STATUS_CHANGED")
    )
    assert len(rows_on(sams.open("events_auditevent_changelist", q=str(order.pk)))) == 2


def test_a_users_page_leads_to_the_journal_of_what_they_did(sams: Screen, sam: User, order: Order) -> None:
    sams.press(order, "approve", reason="Paid in cash")
    address = f"/admin/events/auditevent/?actor={sam.pk}"
    assert f'href="{address}"' in text_of(sams.open("accounts_user_change", sam.pk))
    entries = rows_on(sams.get(address))
    assert {entry.actor_id for entry in entries} == {sam.pk}
    assert order.pk in {entry.entity_id for entry in entries}


def test_the_journal_is_filtered_by_entity_and_by_no_other_column(sams: Screen, sam: User, order: Order) -> None:
    entries = rows_on(sams.open("events_auditevent_changelist", entity=order.pk))
    assert {entry.entity_id for entry in entries} == {order.pk}
    assert rows_on(sams.open("events_auditevent_changelist", actor=order.pk)) == []
    assert rows_on(sams.open("events_auditevent_changelist", entity="x")) == []
    assert sams.open("events_auditevent_changelist", entity_id=order.pk).status_code == 400
    assert sams.open("events_auditevent_changelist", ip_address__startswith="1").status_code == 400


def test_a_filter_by_a_foreign_id_finds_nothing_in_the_journal(sams: Screen, foreign_order: Order, gina: User) -> None:
    screen_of(gina).press(foreign_order, "approve", reason="Paid in cash")
    assert rows_on(sams.open("events_auditevent_changelist", entity=foreign_order.pk)) == []
    assert rows_on(sams.open("events_auditevent_changelist", actor=gina.pk)) == []


def test_the_journal_names_actions_in_words(sams: Screen, order: Order) -> None:
    page = sams.open("events_auditevent_changelist", q=str(order.pk))
    (event,) = rows_on(page)
    entry = sams.open("events_auditevent_change", event.pk)
    for text in (text_of(page), text_of(entry)):
        assert re.search(r">\s*Order Created\s*<", text)


def test_the_journal_cannot_be_written(sams: Screen, order: Order) -> None:
    entry = rows_on(sams.open("events_auditevent_changelist"))[0]
    for page in (f"{entry.pk}/change/", f"{entry.pk}/delete/", "add/"):
        assert sams.post(f"/admin/events/auditevent/{page}", {"post": "yes"}).status_code == 403


def test_a_rows_history_is_its_journal(sams: Screen, order: Order) -> None:
    page = sams.open("orders_order_history", order.pk)
    assert {entry.entity_id for entry in rows_on(page)} == {order.pk}


@pytest.mark.parametrize("place", PLACES)
def test_a_customer_sees_no_list(alice: User, place: str) -> None:
    browser = Client()
    browser.force_login(alice)
    assert browser.get(f"/admin/{place}/").headers["Location"].startswith("/admin/login/")


def test_the_journal_leads_to_payments_and_endpoints(sams: Screen, payment: Payment, endpoint: Endpoint) -> None:
    page = text_of(sams.open("events_auditevent_changelist"))
    assert f"/admin/payments/payment/{payment.pk}/change/" in page
    assert f"/admin/webhooks/endpoint/{endpoint.pk}/change/" in page


def test_a_filter_link_keeps_the_other_filters_and_not_the_page(sams: Screen, order: Order) -> None:
    page = sams.open("orders_order_changelist", q="Rex", p="1", status__exact="PLACED")
    links = {link.label: link for link in page.context["quick_links"]}
    assert (links["Placed"].is_chosen, links["All"].is_chosen) == (True, False)
    assert links["Shipped"].address == "?q=Rex&status__exact=SHIPPED"
    assert rows_on(sams.get(f"/admin/orders/order/{links['Placed'].address}")) == [order]
    assert rows_on(sams.get(f"/admin/orders/order/{links['Shipped'].address}")) == []


def test_whoever_is_not_logged_in_sees_the_log_in_page(order: Order) -> None:
    answer = Client().get(f"/admin/orders/order/{order.pk}/change/")
    assert answer.headers["Location"].startswith("/admin/login/")


def test_a_picker_takes_odd_input_calmly(sams: Screen) -> None:
    place = {"app_label": "orders", "model_name": "order", "field_name": "pet"}
    assert sams.open("autocomplete", term="\x00", **place).status_code == 400
