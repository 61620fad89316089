"""No page shuts anybody out: nothing that axe-core calls serious or critical, in light, in dark and on a phone."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from orders.models import Order
from payments.models import Payment
from tenants.scoping import all_tenants
from tests.backoffice.test_reset_links import NEW, address_of
from tests.browser import equipment
from tests.browser.axe import Inspection
from tests.browser.page_addresses import list_page_addresses
from tests.browser.session_age import expire_password_proof
from tests.browser.windows import Windows
from tests.factories import OrderFactory
from webhooks.models import Delivery

Inspect = Callable[..., Inspection]

FAULTY = """<html lang="en"><title>A</title>
<style>
    @media (prefers-color-scheme: dark) { p { color: #eee; background: #fff } }
    @media (min-width: 500px) { #narrow { display: none } }
</style>
<main><h1>A</h1><p>Hello</p><input><input id="narrow"></main></html>"""


@pytest.fixture(scope="package")
def axe() -> str:
    return equipment.load_axe_core()


@pytest.fixture
def inspect(windows: Windows, axe: str) -> Inspect:
    """Opens a window of somebody, or of nobody, for axe-core."""
    return lambda user=None: Inspection(windows.open_window(user), axe)


def test_no_page_of_the_back_office_has_a_grave_fault(
    inspect: Inspect, root: User, payment: Payment, delivery: Delivery
) -> None:
    inspection = inspect(root)
    with all_tenants(reason="the test looks at every kind of page"):
        addresses = list_page_addresses(payment, delivery, OrderFactory.create(tenant=delivery.tenant))
    for name, address in addresses.items():
        inspection.visit_page(name, address)
    assert inspection.faults == []


def test_no_page_for_everybody_has_a_grave_fault(inspect: Inspect) -> None:
    inspection = inspect()
    inspection.visit_page("landing", "/")
    inspection.visit_page("log in", reverse("admin:login"))
    assert inspection.faults == []


def test_the_api_reference_has_no_grave_fault(inspect: Inspect) -> None:
    inspection = inspect()
    page = inspection.page
    page.goto(reverse("docs"))
    page.locator(".opblock-post .opblock-summary-control").first.click()
    expect(page.locator(".opblock-post textarea")).to_be_visible()
    inspection.inspect_page("reference")
    assert inspection.faults == []


def test_the_page_of_sockets_and_topics_has_no_grave_fault(inspect: Inspect) -> None:
    inspection = inspect()
    page = inspection.page
    page.goto(f"{reverse('docs-live')}#supportChat-roomJoined")
    members = page.get_by_role("group", name="Members of roomJoined")
    expect(members.get_by_text("messages[].sender.name")).to_be_visible()
    inspection.inspect_page("a message")
    page.get_by_label("Find a message").fill("typing room")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ of \d+ messages$"))
    expect(page.locator("#webhooks")).to_be_hidden()
    inspection.inspect_page("what was found")
    assert inspection.faults == []


def test_the_way_to_a_new_password_has_no_grave_fault(windows: Windows, inspect: Inspect, sam: User) -> None:
    inspection, address = inspect(), address_of(sam)
    page = inspection.page
    inspection.visit_page("asks", address)
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("Repeat the password").fill("something else")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_label("Repeat the password")).to_have_accessible_description("The two passwords differ.")
    inspection.inspect_page("refused")
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("Repeat the password").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    inspection.inspect_page("done")
    inspection.visit_page("spoiled", windows.expect_refusal(address), status=404)
    assert inspection.faults == []


def test_a_page_that_asks_for_the_password_again_has_no_grave_fault(inspect: Inspect, root: User, order: Order) -> None:
    inspection = inspect(root)
    expire_password_proof(inspection.page)
    inspection.visit_page("asks", reverse("admin:orders_order_command", args=(order.pk, "force_cancel")))
    inspection.page.get_by_label("Reason").fill("Fraud")
    inspection.page.get_by_label("Your password").fill("guessed it")
    inspection.page.get_by_role("button", name="Force cancel").click()
    expect(inspection.page.get_by_text("This is not your password.")).to_be_visible()
    inspection.inspect_page("refused")
    assert inspection.faults == []


def test_ones_own_filters_have_no_grave_fault(inspect: Inspect, sam: User) -> None:
    inspection, address = inspect(sam), reverse("admin:orders_order_filters")
    page = inspection.page
    inspection.visit_page("none", address)
    for status in ("PLACED", "APPROVED"):
        page.goto(f"{address}?status__exact={status}")
        page.get_by_role("textbox", name="Name").first.fill("To be looked at")
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("You have a filter of this name.")).to_be_visible()
    inspection.inspect_page("taken")
    assert inspection.faults == []


def test_a_secret_on_its_page_has_no_grave_fault(inspect: Inspect, root: User, alice: User) -> None:
    inspection = inspect(root)
    inspection.page.goto(reverse("admin:accounts_user_command", args=(alice.pk, "reset_link")))
    inspection.page.get_by_role("button", name="Password reset link").click()
    expect(inspection.page.get_by_text("/password/")).to_be_visible()
    inspection.inspect_page("secret")
    assert inspection.faults == []


def test_no_refusal_has_a_grave_fault(windows: Windows, inspect: Inspect, sam: User) -> None:
    inspection = inspect(sam)
    for status, address in ((404, "/admin/nowhere/"), (403, reverse("admin:tenants_tenant_add"))):
        inspection.visit_page(address, windows.expect_refusal(address), status=status)
    assert inspection.faults == []


@pytest.mark.parametrize(("address", "dress"), [("/admin/login/", "dark"), ("/v1/docs", "dark-mode")])
def test_whoever_likes_it_dark_is_shown_a_dark_page(windows: Windows, address: str, dress: str) -> None:
    page = windows.open_window(theme="dark")
    page.goto(address)
    expect(page.locator("html")).to_have_class(dress)


def test_a_fault_is_found_however_one_looks_at_it(inspect: Inspect) -> None:
    inspection = inspect()
    inspection.page.goto("data:text/html,")
    inspection.page.set_content(FAULTY)
    inspection.inspect_page("A")
    assert inspection.faults == [
        "A: label: input:nth-child(3)",
        "A in dark: color-contrast: p",
        "A on a phone: label: input:nth-child(3)",
        "A on a phone: label: #narrow",
    ]
