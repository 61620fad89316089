"""Orders move by the buttons that the state table offers."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from events.models import AuditEvent
from kernel.actor import SYSTEM, Actor, Permission, Role
from orders.models import Order
from orders.services.transitions import transition_order
from orders.states import TRANSITIONS, Command, Status, offered_commands
from pets.models import Pet
from petstore.interfaces.backoffice.framework.forms import STALE
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, buttons_on, messages_on, reload_row, screen_of, text_of
from tests.factories import PetFactory, acting
from tests.orders.moving import ROADS
from tests.snapshots import snapshot

STAFF = Actor(role=Role.STAFF, permissions=frozenset(Permission))
NOT_FOR_STAFF = [
    (status, command) for status in Status for command in Command if command not in offered_commands(status, STAFF)
]


def brought_to(order: Order, status: Status) -> Order:
    with tenant_scope(order.tenant_id):
        for command in ROADS[status]:
            order = transition_order(order_id=order.pk, command=command, actor=SYSTEM)
    return order


@pytest.mark.parametrize("status", Status)
def test_the_page_offers_staff_what_the_table_says(order: Order, sam: User, sams: Screen, status: Status) -> None:
    brought_to(order, status)
    page = sams.open("orders_order_change", order.pk)
    assert buttons_on(page) == [*offered_commands(status, acting(sam))]


@pytest.mark.parametrize("status", Status)
def test_the_page_offers_an_admin_what_the_table_says(order: Order, root: User, roots: Screen, status: Status) -> None:
    brought_to(order, status)
    page = roots.open("orders_order_change", order.pk)
    assert buttons_on(page) == [*offered_commands(status, acting(root))]


@pytest.mark.parametrize("command", Command)
def test_a_button_moves_the_order(order: Order, roots: Screen, command: Command) -> None:
    start = min(TRANSITIONS[command].sources, key=list(Status).index)
    order = brought_to(order, start)
    page = roots.press(order, command, reason="The customer asked")
    assert reload_row(order).status == TRANSITIONS[command].target
    assert len(messages_on(page)) == 1


@pytest.mark.parametrize(("status", "command"), NOT_FOR_STAFF)
def test_a_forged_click_outside_the_table_changes_nothing(
    order: Order, sams: Screen, status: Status, command: Command
) -> None:
    order = brought_to(order, status)
    before = snapshot()
    page = sams.press(order, command, reason="Forged")
    assert len(messages_on(page)) == 1
    assert snapshot() == before


def test_a_click_on_a_stale_page_is_refused(order: Order, sams: Screen) -> None:
    brought_to(order, Status.APPROVED)
    page = sams.press(order, "cancel", reason="Too late")
    assert messages_on(page) == [f"{order.pk}: {STALE}"]
    assert reload_row(order).status == Status.APPROVED


def test_a_click_without_a_version_is_asked_again(order: Order, sams: Screen) -> None:
    sams.press(order, "approve", version="")
    assert reload_row(order).status == Status.PLACED


@pytest.mark.parametrize("command", Command)
def test_a_get_changes_nothing(order: Order, roots: Screen, command: Command) -> None:
    start = min(TRANSITIONS[command].sources, key=list(Status).index)
    order = brought_to(order, start)
    before = snapshot()
    page = roots.open("orders_order_command", order.pk, command, version=order.version, reason="By link")
    assert page.status_code == 200
    assert snapshot() == before


def test_cancelling_wants_a_reason(order: Order, sams: Screen) -> None:
    page = sams.press(order, "cancel", reason="")
    assert "This field is required." in text_of(page)
    assert reload_row(order).status == Status.PLACED


def test_a_post_without_a_csrf_token_is_refused(order: Order, sam: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = screen_of(sam).cookies
    address = reverse("admin:orders_order_command", args=(order.pk, "approve"))
    assert strict.post(address, {"version": order.version}).status_code == 403
    assert reload_row(order).status == Status.PLACED


def test_an_unknown_command_is_not_found(order: Order, sams: Screen) -> None:
    assert sams.press(order, "explode").status_code == 404


def test_an_order_can_be_neither_edited_nor_deleted(order: Order, sams: Screen) -> None:
    assert sams.fill("orders_order_change", order.pk, status="DELIVERED", total_amount="1").status_code == 403
    assert sams.fill("orders_order_delete", order.pk, post="yes").status_code == 403
    assert reload_row(order).version == order.version


def test_the_page_tells_history_and_journal_with_names(order: Order, sams: Screen) -> None:
    sams.press(order, "cancel", reason="The family moves abroad")
    page = text_of(sams.open("orders_order_change", order.pk))
    assert "The family moves abroad" in page
    assert "· sam" in page
    assert "127.0.0.1" in page


def test_staff_place_an_order_for_a_customer(rex: Pet, alice: User, sams: Screen) -> None:
    sams.fill("orders_order_add", pet=rex.pk, user=alice.pk)
    with tenant_scope(rex.tenant_id):
        assert Order.objects.get(pet=rex).user_id == alice.pk
    assert reload_row(rex).status == Pet.Status.PENDING


def test_an_order_without_a_customer_belongs_to_nobody_and_not_to_the_clerk(rex: Pet, sam: User, sams: Screen) -> None:
    sams.fill("orders_order_add", pet=rex.pk, user="")
    with tenant_scope(rex.tenant_id):
        order = Order.objects.get(pet=rex)
        assert order.user_id is None
        assert AuditEvent.objects.get(entity_id=order.pk).actor_id == sam.pk


def test_the_picker_offers_available_pets_only_with_breed_and_price(rex: Pet, acme: Tenant, sams: Screen) -> None:
    for status in ("PENDING", "ADOPTED", "NOT_AVAILABLE"):
        PetFactory.create(tenant=acme, status=status)
    place = {"app_label": "orders", "model_name": "order", "field_name": "pet"}
    offered = sams.open("autocomplete", **place).json()["results"]
    assert [row["id"] for row in offered] == [str(rex.pk)]
    assert offered[0]["text"] == f"Rex · {rex.breed or 'Dog'} · {rex.price:.2f} USD"


def test_a_picker_that_no_form_has_is_refused(sams: Screen) -> None:
    place = {"app_label": "orders", "model_name": "ordertransition", "field_name": "order"}
    assert sams.open("autocomplete", **place).status_code == 403


def test_a_pet_that_is_taken_is_refused_on_the_form(order: Order, rex: Pet, bob: User, sams: Screen) -> None:
    page = sams.fill("orders_order_add", pet=rex.pk, user=bob.pk)
    assert "This pet is not available" in text_of(page)
    with tenant_scope(rex.tenant_id):
        assert Order.objects.count() == 1


@pytest.mark.parametrize("odd", ["x", "\x00", "-1"])
def test_an_odd_choice_is_refused_on_the_form(order: Order, sams: Screen, odd: str) -> None:
    page = sams.fill("orders_order_add", pet=odd, user=odd)
    assert {*page.context["adminform"].form.errors} == {"pet", "user"}
