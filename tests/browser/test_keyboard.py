"""The back office without a mouse, and for those who hear it."""

from playwright.sync_api import Page, expect

from accounts.models import User
from orders.models import Order
from orders.states import Status
from tests.backoffice.screens import reload_row
from tests.browser.test_orders import LIST, page_of
from tests.browser.windows import PHONE, Windows

FOCUSED = "document.activeElement.innerText.trim()"
OUTLINE = (
    "(({outlineStyle, outlineWidth}) => `${outlineStyle} ${outlineWidth}`)(getComputedStyle(document.activeElement))"
)


def skip_to_content(page: Page) -> None:
    """The first stop of a page is the link past the menu."""
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        if page.evaluate("document.activeElement.ariaLabel ?? ''").startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {name}")


def test_an_order_is_approved_and_cancelled_with_tab_and_enter_only(sams: Page, order: Order) -> None:
    sams.goto(page_of(order))
    skip_to_content(sams)
    assert sams.evaluate(FOCUSED) == "Approve…"
    assert sams.evaluate(OUTLINE) == "solid 2px"
    sams.keyboard.press("Enter")
    expect(sams.get_by_label("Reason")).to_be_focused()
    sams.keyboard.type("Paid in cash")
    sams.keyboard.press("Tab")
    sams.keyboard.press("Enter")
    expect(sams.get_by_role("link", name="Ship…")).to_be_visible()
    skip_to_content(sams)
    sams.keyboard.press("Tab")
    assert sams.evaluate(FOCUSED) == "Cancel order…"
    sams.keyboard.press("Enter")
    expect(sams.get_by_label("Reason")).to_be_focused()
    sams.keyboard.type("She moves abroad")
    sams.keyboard.press("Tab")
    sams.keyboard.press("Enter")
    expect(sams.get_by_role("status")).to_contain_text("1 order cancelled.")
    assert reload_row(order).status == Status.CANCELLED


def test_filters_and_the_account_open_by_enter(sams: Page, order: Order) -> None:
    sams.goto(LIST)
    tab_to(sams, "Account")
    sams.keyboard.press("Enter")
    expect(sams.get_by_role("button", name="Log out")).to_be_visible()
    tab_to(sams, "Filters")
    sams.keyboard.press("Enter")
    expect(sams.get_by_role("button", name="Apply")).to_be_visible()


def test_the_menu_of_a_phone_opens_by_enter(windows: Windows, sam: User) -> None:
    page = windows.open_window(sam, size=PHONE)
    page.goto("/admin/")
    expect(page.get_by_role("link", name="Tenants")).to_be_hidden()
    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Tenants")).to_be_visible()


def test_a_mistake_is_tied_to_its_field(sams: Page, order: Order) -> None:
    sams.goto(f"{page_of(order).removesuffix('change/')}command/cancel/")
    reason = sams.get_by_label("Reason")
    reason.fill(" ")
    sams.get_by_role("button", name="Cancel order").click()
    expect(reason).to_have_accessible_description("This field is required.")
    expect(reason).to_have_attribute("aria-invalid", "true")


def test_the_title_tells_the_object_and_the_page_its_language(sams: Page, order: Order) -> None:
    sams.goto(page_of(order))
    assert sams.title().strip().startswith(str(order.pk))
    expect(sams.locator("html")).to_have_attribute("lang", "en")
    expect(sams.get_by_role("main")).to_have_count(1)
    expect(sams.get_by_role("heading", level=1)).to_contain_text(str(order.pk))
