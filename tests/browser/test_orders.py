"""Staff work on orders by the page's own buttons and fields."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from payments.models import Payment
from pets.models import Pet
from tenants.scoping import tenant_scope
from tests.backoffice.screens import reload_row
from tests.browser.windows import DESKTOP, PHONE, Windows
from tests.factories import OrderFactory
from tests.payments.paying import pay

LIST = "/admin/orders/order/"
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def others(bob: User, order: Order) -> Order:
    """An order of somebody else, which is not looked for."""
    return OrderFactory.create(tenant=bob.tenant, customer=bob)


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=(order.pk,))


def offered_choices(page: Page) -> list[str]:
    """The buttons of an order's page."""
    return page.get_by_role("group", name="Commands").locator("a, button").all_inner_texts()


def search_list(page: Page, text: str) -> None:
    page.goto(LIST)
    page.get_by_placeholder(re.compile("customer", re.IGNORECASE)).fill(text)
    page.keyboard.press("Enter")


@SIZES
def test_an_order_is_found_by_its_customer_and_opened(
    windows: Windows, sam: User, order: Order, others: Order, size: ViewportSize
) -> None:
    page = windows.open_window(sam, size=size)
    search_list(page, "alice")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name=str(order.pk)[-12:]).click()
    expect(page).to_have_url(re.compile(page_of(order)))


@pytest.mark.parametrize("part", [slice(None), slice(-12, None)], ids=["id", "end of the id"])
def test_an_order_is_found_by_its_id(sams: Page, order: Order, others: Order, part: slice) -> None:
    search_list(sams, str(order.pk)[part])
    expect(sams.locator("#result_list tbody tr")).to_have_count(1)
    expect(sams.locator("#result_list")).to_contain_text("alice")


@SIZES
def test_a_paid_order_goes_its_way_by_the_buttons(
    windows: Windows, sam: User, order: Order, payment: Payment, size: ViewportSize
) -> None:
    page = windows.open_window(sam, size=size)
    page.goto(page_of(order))
    for button, done in (("Ship", "shipped"), ("Deliver", "delivered")):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(f"1 order {done}.")
    assert reload_row(order).status == Status.DELIVERED


@SIZES
def test_an_unpaid_order_goes_its_way_with_a_reason_for_each_step(
    windows: Windows, sam: User, order: Order, size: ViewportSize
) -> None:
    page = windows.open_window(sam, size=size)
    page.goto(page_of(order))
    for button, done in (("Approve", "approved"), ("Ship", "shipped"), ("Deliver", "delivered")):
        page.get_by_role("link", name=f"{button}…").click()
        expect(page.get_by_text("No payment covers the orders listed here.")).to_be_visible()
        page.get_by_role("button", name=button, exact=True).click()
        assert reload_row(order).status != done.upper(), "a reason is required"
        page.get_by_label("Reason").fill("Paid in cash")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(f"1 order {done}.")
    assert reload_row(order).status == Status.DELIVERED


def test_what_the_state_table_forbids_is_not_offered(sams: Page, order: Order) -> None:
    sams.goto(page_of(order))
    assert offered_choices(sams) == ["Approve…", "Cancel order…"]
    pay(order)
    sams.goto(page_of(order))
    assert offered_choices(sams) == ["Ship", "Cancel order…"]


def test_a_click_on_a_stale_page_is_refused_and_changes_nothing(sams: Page, order: Order, payment: Payment) -> None:
    sams.goto(page_of(order))
    with tenant_scope(order.tenant_id):
        transition_order(order_id=order.pk, command=Command.SHIP, actor=SYSTEM)
    before = reload_row(order)
    sams.get_by_role("button", name="Ship").click()
    expect(sams.get_by_role("alert")).to_contain_text("Somebody else has changed this in the meantime")
    assert (reload_row(order).status, reload_row(order).version) == (Status.SHIPPED, before.version)


@SIZES
def test_an_order_is_cancelled_with_a_reason(windows: Windows, sam: User, order: Order, size: ViewportSize) -> None:
    page = windows.open_window(sam, size=size)
    page.goto(page_of(order))
    page.get_by_role("link", name="Cancel order…").click()
    page.get_by_role("button", name="Cancel order").click()
    assert reload_row(order).status == Status.PLACED, "a reason is required"
    page.get_by_label("Reason").fill("She moves abroad")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("She moves abroad")).to_be_visible()
    assert reload_row(order).status == Status.CANCELLED


def test_an_admin_who_has_just_logged_in_cancels_by_force_without_a_password(roots: Page, order: Order) -> None:
    roots.goto(page_of(order))
    roots.get_by_role("link", name="Force cancel…").click()
    expect(roots.get_by_label("Your password")).to_have_count(0)
    roots.get_by_label("Reason").fill("Fraud")
    roots.get_by_role("button", name="Force cancel").click()
    expect(roots.get_by_role("status")).to_contain_text("cancelled by force")
    assert reload_row(order).status == Status.CANCELLED


def test_an_order_is_placed_for_a_customer_with_the_pickers(sams: Page, rex: Pet, alice: User) -> None:
    sams.goto(f"{LIST}add/")
    for picker, text in (("pet", "Rex"), ("user", "alice")):
        sams.locator(f".field-{picker} .select2-selection, #select2-id_{picker}-container").first.click()
        sams.locator(".select2-search__field").fill(text)
        sams.locator(".select2-results__option", has_text=text).first.click()
    sams.get_by_role("button", name="Save", exact=True).click()
    expect(sams.locator("#result_list tbody tr")).to_contain_text(["Rex"])
    assert reload_row(rex).status == Pet.Status.PENDING


def test_the_journal_is_read_from_an_orders_page(sams: Page, order: Order) -> None:
    sams.goto(page_of(order))
    sams.get_by_role("link", name="Journal").last.click()
    expect(sams.locator("#result_list tbody tr")).to_have_count(1)
    expect(sams.locator("#result_list")).to_contain_text("Order Created")


def test_the_list_comes_as_a_file_with_the_filter_that_is_on(
    sams: Page, order: Order, others: Order, tmp_path: Path
) -> None:
    search_list(sams, "alice")
    with sams.expect_download() as download:
        sams.get_by_role("link", name="Export CSV").click()
    download.value.save_as(tmp_path / "orders.csv")
    lines = (tmp_path / "orders.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (len(lines), str(order.pk) in lines[1]) == (2, True)


def test_a_filter_is_saved_and_found_again(sams: Page, order: Order) -> None:
    sams.goto(f"{LIST}?status__exact=PLACED")
    sams.get_by_role("link", name="Save this filter…").click()
    sams.get_by_label("Name", exact=False).first.fill("To be approved")
    sams.get_by_role("button", name="Save", exact=True).click()
    sams.goto(LIST)
    sams.get_by_role("link", name="To be approved").click()
    expect(sams).to_have_url(re.compile("status__exact=PLACED"))
