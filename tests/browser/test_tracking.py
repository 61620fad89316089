"""An order is followed by its link in a real browser: live, in the dark, on a phone, and without scripts."""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from orders.models import Order
from orders.receipt_links import build_receipt_url
from orders.states import Command
from tenants.models import Tenant
from tests.browser import equipment
from tests.browser.axe import Inspection
from tests.browser.windows import PHONE, Windows
from tests.factories import OrderFactory
from tests.pages.test_tracking import link_to, move
from tests.payments.paying import pay
from tests.webhooks.delivering import publish_all_events


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    placed: Order = OrderFactory.create(tenant=acme, customer=alice, pet__name="Rex")
    publish_all_events()
    return placed


def link_to_receipt(tenant_id: UUID, receipt_id: UUID) -> str:
    return build_receipt_url(tenant_id, receipt_id, site="")


def steps_on(page: Page) -> list[str]:
    return page.locator(".steps li.reached strong").all_text_contents()


def test_a_customer_sees_each_step_without_a_reload(windows: Windows, order: Order) -> None:
    page = windows.open_window()
    page.goto(link_to(order))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rex")
    expect(page.get_by_role("status")).to_have_text("This page follows the order by itself.")
    assert steps_on(page) == ["Placed"]
    pay(order)
    publish_all_events()
    expect(page.locator("[aria-current=step] strong")).to_have_text("Approved")
    expect(page.get_by_role("status")).to_have_text("Your order is confirmed, and is being made ready.")
    move(order, Command.SHIP, Command.DELIVER)
    publish_all_events()
    expect(page).to_have_title("Rex: delivered · Acme")
    assert steps_on(page) == ["Placed", "Approved", "Shipped", "Delivered"]
    assert "UTC" not in page.locator(".steps").inner_text()


def test_whoever_was_offline_sees_what_happened_meanwhile(windows: Windows, order: Order) -> None:
    page = windows.open_window()
    page.goto(link_to(order))
    expect(page.get_by_role("status")).to_have_text("This page follows the order by itself.")
    page.context.set_offline(True)
    move(order, Command.APPROVE, Command.CANCEL)
    publish_all_events()
    page.context.set_offline(False)
    expect(page.locator("[aria-current=step] strong")).to_have_text("Cancelled", timeout=40_000)
    assert steps_on(page) == ["Placed", "Approved", "Cancelled"]
    windows.complaints[:] = [one for one in windows.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_the_receipt_leads_there_and_without_scripts_it_is_right_when_loaded(windows: Windows, order: Order) -> None:
    page = windows.open_window(scripts=False)
    payment = pay(order)
    page.goto(link_to_receipt(payment.tenant_id, payment.id))
    page.get_by_role("link", name="Follow this order").click()
    expect(page.get_by_text("Reload this page to see what is new")).to_be_visible()
    assert steps_on(page) == ["Placed", "Approved"]
    expect(page.locator(".steps time").first).to_contain_text("UTC")


def test_nobody_is_shut_out_of_it_at_any_stage(windows: Windows, order: Order, acme: Tenant) -> None:
    inspection = Inspection(windows.open_window(), equipment.load_axe_core())
    cancelled = OrderFactory.create(tenant=acme)
    move(cancelled, Command.APPROVE, Command.CANCEL)
    widths = {}
    for name, shown in {"placed": order, "cancelled": cancelled}.items():
        inspection.visit_page(name, link_to(shown))
        inspection.page.set_viewport_size(PHONE)
        widths[name] = inspection.page.evaluate("document.documentElement.scrollWidth")
    assert inspection.faults == []
    assert [width for width in widths.values() if width > PHONE["width"]] == []
