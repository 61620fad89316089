"""No page shuts anybody out: nothing that axe-core calls serious or critical, in light and dark."""

import pytest
from playwright.sync_api import Page

from accounts.models import User
from payments.models import Payment
from tenants.scoping import all_tenants
from tests.browser import equipment
from tests.browser.axe import faults_of
from tests.browser.places import places
from tests.browser.windows import Theme, Windows
from webhooks.models import Delivery

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture(scope="package")
def axe() -> str:
    try:
        return equipment.axe_core()
    except equipment.MissingEquipment as missing:
        pytest.skip(str(missing))


def faults_at(page: Page, address: str, axe: str) -> list[str]:
    page.goto(address)
    return faults_of(page, axe)


@THEMES
def test_no_page_of_the_back_office_has_a_grave_fault(
    windows: Windows, root: User, payment: Payment, delivery: Delivery, axe: str, theme: Theme
) -> None:
    page = windows.open(root, theme=theme)
    with all_tenants(reason="the test looks at every kind of page"):
        addresses = places(payment, delivery)
    faults = {name: faults_at(page, address, axe) for name, address in addresses.items()}
    assert {name: found for name, found in faults.items() if found} == {}


@THEMES
@pytest.mark.parametrize("address", ["/", "/admin/login/"])
def test_no_page_for_everybody_has_a_grave_fault(windows: Windows, axe: str, theme: Theme, address: str) -> None:
    assert faults_at(windows.open(theme=theme), address, axe) == []


def test_a_fault_is_found(windows: Windows, axe: str) -> None:
    page = windows.open()
    page.set_content("<html lang=en><title>A</title><main><h1>A</h1><input></main></html>")
    assert faults_of(page, axe) == ["label: input"]
