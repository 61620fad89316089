"""Staff answer customers in support rooms, live."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from chat.models import Room
from tests.backoffice.conftest import room
from tests.backoffice.screens import reload_row
from tests.browser.test_keyboard import tab_to
from tests.browser.windows import DESKTOP, PHONE, Windows
from tests.chat.rooms.talking import write_in_room
from tests.factories import StaffFactory

__all__ = ["room"]

LIST = "/admin/chat/room/"
HOSTILE = "<img src=x onerror=alert(1)><b>bold</b>"


def page_of(room: Room) -> str:
    return reverse("admin:chat_room_change", args=(room.pk,))


def open_live(page: Page, room: Room) -> Page:
    """Open a room and wait until it hears of changes."""
    with page.expect_response(re.compile("/live/")):
        page.goto(page_of(room))
    return page


def lines_on(page: Page) -> list[str]:
    return page.locator(".chat-text").all_inner_texts()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_answer_appears_in_every_window_without_a_reload(
    windows: Windows, sam: User, alice: User, room: Room, size: ViewportSize
) -> None:
    kim = StaffFactory.create(tenant=alice.tenant, username="kim")
    mine, other = windows.open_window(sam, size=size), open_live(windows.open_window(kim), room)
    mine.goto(LIST)
    mine.get_by_role("link", name="Is Luna still there?").click()
    mine.get_by_label("Your answer").fill("She is, come and see her")
    mine.get_by_role("button", name="Reply").click()
    for page in (other, mine):
        expect(page.locator(".chat-answer .chat-text")).to_have_text("She is, come and see her")
    expect(mine.get_by_label("Your answer")).to_have_value("")
    expect(other.locator(".room-agent")).to_have_text("Sam")
    expect(mine.locator(".room-agent")).to_have_text("You")
    write_in_room(alice, "Great, tomorrow?", room_id=room.pk)
    for page in (other, mine):
        expect(page.get_by_text("Great, tomorrow?")).to_be_visible()
        expect(page.get_by_text("Waits for an answer")).to_be_visible()
    assert lines_on(mine) == lines_on(other)
    assert mine.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_room_is_answered_and_closed_by_keyboard_alone(sams: Page, room: Room) -> None:
    open_live(sams, room)
    sams.get_by_label("Your answer").focus()
    sams.keyboard.press("Tab")
    sams.keyboard.press("Enter")
    sams.keyboard.press("Tab")
    sams.keyboard.press("Enter")
    expect(sams.get_by_label("Your answer")).to_be_focused()
    sams.keyboard.type(" Yes.")
    sams.keyboard.press("Shift+Enter")
    sams.keyboard.type("She is here.")
    sams.keyboard.press("Enter")
    expect(sams.locator(".chat-answer .chat-text")).to_have_text(
        "Hello Alice, this is Sam of Acme. How can I help you? Yes.\nShe is here."
    )
    sams.keyboard.press("Tab")
    tab_backwards_to(sams, "Close…")
    sams.keyboard.press("Enter")
    expect(sams.get_by_text("nobody can write in the room any more")).to_be_visible()
    sams.get_by_role("button", name="Close").focus()
    sams.keyboard.press("Enter")
    expect(sams.get_by_text("This room is closed.")).to_be_visible()
    assert reload_row(room).status == Room.Status.CLOSED


def tab_backwards_to(page: Page, text: str) -> None:
    for _ in range(30):
        if page.evaluate("document.activeElement.innerText.trim()") == text:
            return
        page.keyboard.press("Shift+Tab")
    raise AssertionError(f"Tab never came to {text}")


def test_a_room_that_is_closed_elsewhere_takes_no_answer_any_more(
    windows: Windows, sams: Page, sam: User, room: Room
) -> None:
    open_live(sams, room)
    other = windows.open_window(sam)
    other.goto(f"{page_of(room).removesuffix('change/')}command/close/")
    other.get_by_role("button", name="Close").click()
    expect(sams.get_by_text("This room is closed.")).to_be_visible()
    expect(sams.get_by_label("Your answer")).to_be_hidden()
    expect(sams.get_by_role("link", name="Close…")).to_be_hidden()


def test_text_that_comes_live_is_text(sams: Page, alice: User, room: Room) -> None:
    open_live(sams, room)
    write_in_room(alice, HOSTILE, room_id=room.pk)
    expect(sams.get_by_text(HOSTILE)).to_be_visible()
    expect(sams.locator(".chat-text *")).to_have_count(0)


def test_who_types_is_told_to_the_others(windows: Windows, sams: Page, alice: User, room: Room) -> None:
    kim = open_live(windows.open_window(StaffFactory.create(tenant=alice.tenant, username="kim")), room)
    open_live(sams, room)
    kim.get_by_label("Your answer").press_sequentially("She")
    expect(sams.get_by_text("Kim types …")).to_be_visible()
    expect(kim.locator(".chat-typing")).to_be_empty()


def test_what_is_refused_stands_at_the_field_and_the_text_is_kept(windows: Windows, sams: Page, room: Room) -> None:
    open_live(sams, room)
    windows.expect_refusal(page_of(room))
    sams.get_by_label("Your answer").fill("  ")
    sams.get_by_role("button", name="Reply").click()
    field = sams.get_by_label("Your answer")
    expect(field).to_have_accessible_description("This field may not be blank.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("  ")


def test_without_scripts_a_room_is_read_and_answered_with_a_reload(
    windows: Windows, sam: User, alice: User, room: Room
) -> None:
    page = windows.open_window(sam, scripts=False)
    page.goto(page_of(room))
    page.get_by_label("Your answer").fill("She is")
    page.get_by_role("button", name="Reply").click()
    expect(page.locator(".chat-answer .chat-text")).to_have_text("She is")
    write_in_room(alice, "Great, tomorrow?", room_id=room.pk)
    page.get_by_role("link", name="Look for new messages").click()
    expect(page.get_by_text("Great, tomorrow?")).to_be_visible()


def test_a_room_whose_stream_broke_goes_on_where_it_was(windows: Windows, sams: Page, alice: User, room: Room) -> None:
    open_live(sams, room)
    sams.context.set_offline(True)
    write_in_room(alice, "Anybody there?", room_id=room.pk)
    sams.context.set_offline(False)
    expect(sams.get_by_text("Anybody there?")).to_have_count(1)
    windows.complaints[:] = [one for one in windows.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_the_menu_says_how_many_rooms_wait(sams: Page, room: Room) -> None:
    sams.goto("/admin/")
    expect(sams.get_by_role("link", name="Support rooms 1 wait")).to_be_visible()
    tab_to(sams, "Account")
