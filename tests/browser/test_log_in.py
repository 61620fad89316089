"""Getting in and out, in a real browser."""

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.windows import Windows
from tests.factories import PASSWORD


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_staff_log_in_see_the_dashboard_and_log_out(windows: Windows, sam: User) -> None:
    page = windows.open_window()
    log_in(page, "sam", PASSWORD)
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    page.get_by_text("sam@example.com").click()
    page.get_by_role("button", name="Log out").click()
    page.goto("/admin/")
    expect(page.get_by_label("Username")).to_be_visible()


def test_a_wrong_password_is_answered_in_words_and_the_name_stays(windows: Windows, sam: User) -> None:
    page = windows.open_window()
    log_in(page, "sam", "wrong")
    expect(page.get_by_role("alert").last).to_contain_text("Please enter the correct")
    expect(page.get_by_label("Username")).to_have_value("sam")
