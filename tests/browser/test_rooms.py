"""Staff answer customers in support rooms, live."""

import re

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from chat.models import Room
from tests.backoffice.conftest import room
from tests.backoffice.screens import reload_row
from tests.browser.windows import PHONE, Windows
from tests.chat.rooms.talking import write_in_room
from tests.factories import StaffFactory

__all__ = ["room"]

LIST = "/admin/chat/room/"


def page_of(room: Room) -> str:
    return reverse("admin:chat_room_change", args=(room.pk,))


def open_live(page: Page, room: Room) -> Page:
    """Open a room and wait until it hears of changes."""
    with page.expect_response(re.compile("/live/")):
        page.goto(page_of(room))
    return page


def lines_on(page: Page) -> list[str]:
    return page.locator(".chat-text").all_inner_texts()


def test_an_answer_appears_in_every_window_without_a_reload(
    windows: Windows, sam: User, alice: User, room: Room
) -> None:
    kim = StaffFactory.create(tenant=alice.tenant, username="kim")
    mine, other = windows.open_window(sam, size=PHONE), open_live(windows.open_window(kim), room)
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
    assert mine.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


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
