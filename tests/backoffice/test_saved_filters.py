"""Filters above the list of orders: standing ones, and those that people keep for themselves."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import SavedFilter, User
from accounts.services import saved_filters
from accounts.services.saved_filters import add_saved_filter, delete_saved_filter, rename_saved_filter
from accounts.services.tenants import add_tenant_member
from erasure.services import erase_user
from kernel import clock
from kernel.actor import SYSTEM, Actor
from kernel.errors import Conflict, Forbidden, Invalid, LoginRequired, NotFound
from orders.models import Order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.query_plans import explain_among_many
from tests.backoffice.screens import Page, Screen, messages_on, rows_on, screen_of, text_of
from tests.factories import StaffFactory, acting
from tests.orders.moving import ROADS, order_in
from tests.payments.paying import pay
from tests.snapshots import snapshot

PAGE = "orders_order"
LOOKUPS = ("status__exact", "waiting")


def kept_by(user: User) -> dict[str, str]:
    with tenant_scope(user.tenant_id):
        return dict(SavedFilter.objects.for_user(user.pk).values_list("name", "query"))


def keep_filter(
    user: User, name: str = "To ship", query: str = "status__exact=APPROVED", page: str = PAGE
) -> SavedFilter:
    with tenant_scope(user.tenant_id):
        return add_saved_filter(page=page, name=name, query=query, lookups=LOOKUPS, actor=acting(user))


def links_on(page: Page) -> dict[str, Any]:
    return {link.label: link for link in page.context["filter_links"]}


@pytest.fixture
def colleague(acme: Tenant) -> User:
    """Of acme's staff, as sam is."""
    return StaffFactory.create(tenant=acme, username="tess")


@pytest.mark.parametrize(
    ("label", "road"),
    [("Delivered this week", ROADS[Status.DELIVERED]), ("Placed today", [])],
)
def test_a_standing_filter_finds_what_it_says(sams: Screen, order: Order, label: str, road: list[Command]) -> None:
    page = sams.open("orders_order_changelist")
    with tenant_scope(order.tenant_id):
        for command in road:
            transition_order(order_id=order.pk, command=command, actor=SYSTEM)
    chosen = sams.get(f"/admin/orders/order/{links_on(page)[label].address}")
    assert rows_on(chosen) == [order]
    assert [link.label for link in links_on(chosen).values() if link.is_chosen] == [label]


def test_the_standing_filter_of_paid_orders_finds_those_only(sams: Screen, order: Order) -> None:
    order_in(Status.APPROVED, tenant=order.tenant)
    pay(order)
    links = links_on(sams.open("orders_order_changelist"))
    assert rows_on(sams.get(f"/admin/orders/order/{links['Paid, not shipped'].address}")) == [order]


@pytest.mark.parametrize("label", ["Paid, not shipped", "Delivered this week", "Unpaid for a day"])
def test_a_standing_filter_leaves_out_what_it_does_not_say(sams: Screen, order: Order, label: str) -> None:
    page = sams.open("orders_order_changelist")
    assert rows_on(sams.get(f"/admin/orders/order/{links_on(page)[label].address}")) == []


def test_an_order_delivered_last_week_is_not_of_this_week(sams: Screen, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        for command in ROADS[Status.DELIVERED]:
            transition_order(order_id=order.pk, command=command, actor=SYSTEM)
        assert rows_on(sams.open("orders_order_changelist", delivered="today")) == [order]
        Order.objects.filter(pk=order.pk).update(updated_at=clock.now() - timedelta(days=8))
    assert rows_on(sams.open("orders_order_changelist", delivered="week")) == []


@pytest.mark.as_owner
def test_what_was_delivered_lately_is_looked_up_in_its_index(in_acme: Tenant, order: Order) -> None:
    lately = Order.objects.order_by().filter(status="DELIVERED", updated_at__gte=clock.now())
    assert "order_delivered_lately" in explain_among_many(in_acme, lately)


def test_a_filter_is_kept_under_a_name_and_found_above_the_list(sams: Screen, sam: User, order: Order) -> None:
    page = sams.open("orders_order_changelist", status__exact="PLACED", q="Rex", p="0")
    naming = sams.get(page.context["filters_url"])
    query = naming.context["filter_form"]["query"].value()
    page = sams.fill("orders_order_filters", action="save", name="Rex, unpaid", query=query)
    assert kept_by(sam) == {"Rex, unpaid": "status__exact=PLACED&q=Rex"}
    assert links_on(page)["Rex, unpaid"].is_chosen
    assert rows_on(page) == [order]


def test_it_has_no_entry_in_the_journal(sams: Screen, sam: User) -> None:
    before = snapshot()["events_auditevent"]
    sams.fill("orders_order_filters", action="save", name="Open", query="status__exact=PLACED")
    assert kept_by(sam)
    assert snapshot()["events_auditevent"] == before


def test_ones_own_filters_can_be_renamed_and_deleted(sams: Screen, sam: User) -> None:
    search = keep_filter(sam)
    sams.fill("orders_order_filters", action="rename", search=search.pk, name="Ship me")
    assert kept_by(sam) == {"Ship me": "status__exact=APPROVED"}
    sams.fill("orders_order_filters", action="delete", search=search.pk)
    assert kept_by(sam) == {}


def test_a_colleague_neither_sees_nor_changes_them(sam: User, colleague: User) -> None:
    search = keep_filter(sam, "Sam's own")
    screen = screen_of(colleague)
    before = snapshot()["accounts_savedfilter"]
    assert "Sam's own" not in text_of(screen.open("orders_order_changelist"))
    assert "Sam's own" not in text_of(screen.open("orders_order_filters"))
    for what in ("rename", "delete"):
        page = screen.fill("orders_order_filters", action=what, search=search.pk, name="Stolen")
        assert messages_on(page) == ["You have no such filter."]
    assert snapshot()["accounts_savedfilter"] == before


def test_two_people_may_use_the_same_name(sam: User, colleague: User) -> None:
    keep_filter(sam)
    keep_filter(colleague)
    assert kept_by(sam) == kept_by(colleague)


def test_a_list_shows_its_own_filters_only(sams: Screen, sam: User) -> None:
    keep_filter(sam, "Of pets", page="pets_pet")
    assert "Of pets" not in links_on(sams.open("orders_order_changelist"))


def test_staff_keep_filters_in_their_home_and_see_them_wherever_they_work(sam: User, globex: Tenant) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    screen_of(sam).fill("orders_order_filters", action="save", name="Mine", query=f"tenant={globex.pk}")
    with all_tenants(reason="the test looks where it is"):
        assert SavedFilter.objects.get().tenant_id == sam.tenant_id
    assert "Mine" in links_on(screen_of(sam).open("orders_order_changelist"))


def test_an_admin_keeps_filters_too(roots: Screen, root: User) -> None:
    roots.fill("orders_order_filters", action="save", name="All open", query="status__exact=PLACED")
    assert kept_by(root) == {"All open": "status__exact=PLACED"}


@pytest.mark.parametrize(
    "query",
    ["", "p=3", "status=", "user__email__contains=a", "status__exact=PLACED&user__password=x", "q=%00", "&" * 99, "a"],
)
def test_only_what_the_lists_filters_ask_for_is_kept(sams: Screen, sam: User, query: str) -> None:
    before = snapshot()
    page = sams.fill("orders_order_filters", action="save", name="Odd", query=query)
    assert page.status_code == 200
    assert page.context["filter_form"].errors
    assert snapshot() == before


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "Taken", "Nul\x00"])
def test_a_name_that_cannot_be_is_refused_and_the_filter_stays_on_the_page(sams: Screen, sam: User, name: str) -> None:
    keep_filter(sam, "Taken")
    before = snapshot()["accounts_savedfilter"]
    page = sams.fill("orders_order_filters", action="save", name=name, query="waiting=long")
    assert {*page.context["filter_form"].errors} == {"name"}
    assert page.context["filter_form"]["query"].value() == "waiting=long"
    assert snapshot()["accounts_savedfilter"] == before


def test_a_filter_is_not_renamed_to_the_name_of_another(sam: User) -> None:
    keep_filter(sam, "One")
    two = keep_filter(sam, "Two")
    with tenant_scope(sam.tenant_id), pytest.raises(Invalid):
        rename_saved_filter(filter_id=two.pk, name="One", actor=acting(sam))
    assert {*kept_by(sam)} == {"One", "Two"}


def test_there_is_an_end_to_what_one_may_keep(sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_filters, "MAX_SAVED_FILTERS", 2)
    keep_filter(sam, "One")
    keep_filter(sam, "Two")
    with pytest.raises(Conflict, match="You have 2 filters"):
        keep_filter(sam, "Three")
    keep_filter(sam, "Three", page="pets_pet")
    assert len(kept_by(sam)) == 3


@pytest.mark.parametrize("search", ["", "x", "-1", "9" * 30, "٣"])
def test_an_odd_choice_of_a_filter_is_a_bad_request(sams: Screen, search: str) -> None:
    assert sams.fill("orders_order_filters", action="delete", search=search).status_code == 400


def test_a_customer_and_nobody_keep_nothing(alice: User, acme: Tenant) -> None:
    before = snapshot()
    with pytest.raises(Forbidden):
        keep_filter(alice)
    for actor, refusal in ((SYSTEM, LoginRequired), (Actor(), LoginRequired)):
        with tenant_scope(acme.id), pytest.raises(refusal):
            add_saved_filter(page=PAGE, name="Mine", query="waiting=long", lookups=LOOKUPS, actor=actor)
    assert snapshot() == before


def test_what_one_has_not_is_not_found(sam: User) -> None:
    attempts: list[Any] = [delete_saved_filter, lambda **given: rename_saved_filter(name="Mine", **given)]
    for attempt in attempts:
        with tenant_scope(sam.tenant_id), pytest.raises(NotFound):
            attempt(filter_id=7, actor=acting(sam))


def test_a_closed_account_keeps_no_filters(root: User, sam: User, colleague: User) -> None:
    keep_filter(sam)
    keep_filter(colleague)
    with tenant_scope(sam.tenant_id):
        erase_user(user_id=sam.pk, actor=acting(root))
    assert (kept_by(sam), len(kept_by(colleague))) == ({}, 1)


def test_the_page_of_filters_shows_what_each_asks_for_and_no_markup_of_theirs(sams: Screen, sam: User) -> None:
    keep_filter(sam, "<b>Bold</b>", "q=%3Cscript%3E")
    page = sams.open("orders_order_filters").content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold" not in page
    assert "<li>search: &lt;script&gt;</li>" in page
