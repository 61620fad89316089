"""The back office on a phone: no page is wider than the screen."""

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from orders.models import Order
from payments.models import Payment
from tenants.scoping import all_tenants
from tests.browser.page_addresses import list_page_addresses
from tests.browser.test_orders import LIST, page_of
from tests.browser.windows import PHONE, Windows
from tests.factories import OrderFactory
from webhooks.models import Delivery


def width_of(page: Page, address: str) -> int:
    page.goto(address)
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_no_page_is_wider_than_the_phone(windows: Windows, root: User, payment: Payment, delivery: Delivery) -> None:
    page = windows.open_window(root, size=PHONE)
    with all_tenants(reason="the test looks at every kind of page"):
        addresses = list_page_addresses(payment, delivery, OrderFactory.create(tenant=delivery.tenant)) | {
            "landing": "/"
        }
    widths = {name: width_of(page, address) for name, address in addresses.items()}
    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}


def test_the_buttons_of_an_order_are_on_the_screen(windows: Windows, root: User, order: Order) -> None:
    page = windows.open_window(root, size=PHONE)
    page.goto(page_of(order))
    for button in page.get_by_role("group", name="Commands").locator("a, button").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_the_way_to_a_page_leaves_out_what_a_phone_has_no_room_for(windows: Windows, sam: User, alice: User) -> None:
    page = windows.open_window(sam, size=PHONE)
    page.goto(reverse("admin:accounts_user_change", args=(alice.pk,)))
    way = page.get_by_role("heading", level=1)
    expect(way.get_by_text("Accounts")).to_be_hidden()
    expect(way.get_by_role("link")).to_have_text(["Users", "alice"])


def test_menu_and_filters_open_by_a_tap(windows: Windows, sam: User, order: Order) -> None:
    page = windows.open_window(sam, size=PHONE)
    page.goto(LIST)
    page.get_by_role("button", name="Filters").tap()
    expect(page.get_by_role("button", name="Apply")).to_be_visible()
    page.goto(LIST)
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Pets", exact=True).tap()
    expect(page).to_have_url(f"{page.url.partition('/admin/')[0]}/admin/pets/pet/")
