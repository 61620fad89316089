"""A customer writes to the store on the support page, in a real browser, and the staff answer."""

import re

from playwright.sync_api import Locator, Page, expect

from accounts.models import LoginSession, User
from chat.models import Room, RoomMessage
from chat.rooms.participants import find_participant
from chat.services.room_messages import mark_messages_read, send_room_message
from chat.services.rooms import close_support_room
from kernel import ids
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.browser import equipment
from tests.browser.axe import Inspection
from tests.browser.test_oauth import log_in
from tests.browser.windows import PHONE, Windows
from tests.factories import acting

HOSTILE = "<img src=x onerror=alert(1)>\n<script>document.body.remove()</script> & &amp;"


def support_of(tenant: Tenant) -> str:
    return f"/support?tenantId={tenant.id}"


def open_chat(page: Page, tenant: Tenant, name: str = "alice") -> Locator:
    """Log in on the page's way, and wait until one can write; returns the field."""
    page.goto(support_of(tenant))
    page.get_by_role("link", name="Log in", exact=True).click()
    log_in(page, name)
    field = page.get_by_label("Your message")
    expect(field).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Ask what you like to know")
    return field


def write(page: Page, words: str) -> None:
    page.get_by_label("Your message").fill(words)
    page.get_by_role("button", name="Send").click()


def room_of(tenant: Tenant) -> Room:
    with tenant_scope(tenant.id):
        return Room.objects.order_by("-created_at")[0]


def answer(tenant: Tenant, sam: User, words: str) -> None:
    """What a member of the staff does in another process."""
    room, actor = room_of(tenant), acting(sam)
    with tenant_scope(tenant.id):
        person = find_participant(actor=actor).person
        send_room_message(text=words, client_id=ids.new_id_text(), sender=person, actor=actor, room_id=room.id)


def messages_on(page: Page) -> list[str]:
    return page.locator("#log .words").all_inner_texts()


def test_a_customer_writes_the_staff_answer_and_logging_out_ends_it(
    windows: Windows, acme: Tenant, alice: User, sam: User
) -> None:
    page = windows.open_window()
    field = open_chat(page, acme)
    expect(page).to_have_title("Support · Acme")
    expect(page.get_by_text("Logged in as alice")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type("Is Rex still there?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    answer(acme, sam, "He is.\nCome and see him.")
    expect(page.get_by_role("log")).to_contain_text("Come and see him.")
    expect(page.locator("#agent")).to_have_text(re.compile("is here for you$"))
    with tenant_scope(acme.id):
        reader = find_participant(actor=acting(sam)).person
        own = RoomMessage.objects.get(sender_id=alice.id)
        mark_messages_read(room_id=own.room_id, message_id=own.id, reader=reader, actor=acting(sam))
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Read$"))
    assert messages_on(page) == ["Is Rex still there?", "He is.\nCome and see him."]
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("Come and see him.")
    assert messages_on(page) == ["Is Rex still there?", "He is.\nCome and see him."]
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
    with tenant_scope(acme.id):
        assert not LoginSession.objects.filter(user=alice, revoked_at=None).exists()


def test_text_is_text_from_either_side_and_what_is_refused_is_said_so(
    windows: Windows, acme: Tenant, alice: User, sam: User
) -> None:
    page = windows.open_window()
    open_chat(page, acme)
    write(page, HOSTILE)
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    answer(acme, sam, HOSTILE)
    expect(page.locator(".message:not(.own)")).to_be_visible()
    assert messages_on(page) == [HOSTILE, HOSTILE]
    assert page.locator("#log img, #log script").count() == 0
    write(page, "backwards \u202e")
    expect(page.locator(".message.failed .told")).to_have_text("Not sent")
    expect(page.locator("#fault")).to_be_visible()
    write(page, "forwards")
    expect(page.locator("#fault")).to_be_hidden()
    expect(page.locator(".message.own .told").last).to_have_text(re.compile("Sent$"))
    with tenant_scope(acme.id):
        assert list(RoomMessage.objects.order_by("number").values_list("text", flat=True)) == [HOSTILE] * 2 + [
            "forwards"
        ]


def test_it_goes_on_after_an_interruption_and_with_the_next_token(
    windows: Windows, acme: Tenant, alice: User, sam: User
) -> None:
    page = windows.open_window()
    page.clock.install()
    open_chat(page, acme)
    write(page, "one")
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("You are offline.")
    write(page, "two")
    expect(page.locator(".message.own .told").last).to_have_text("Sending …")
    answer(acme, sam, "three")
    page.context.set_offline(False)
    expect(page.locator(".message.own .told").last).to_have_text(re.compile("Sent$"))
    expect(page.get_by_role("log")).to_contain_text("three")
    expect(page.get_by_role("status")).to_be_hidden()
    assert sorted(messages_on(page)) == ["one", "three", "two"]
    with tenant_scope(acme.id):
        assert RoomMessage.objects.count() == 3
    with page.expect_websocket() as renewed:  # the token is good for ten minutes
        page.clock.fast_forward("09:05")
    renewed.value.wait_for_event("framereceived")
    write(page, "four")
    expect(page.locator(".message.own .told").last).to_have_text(re.compile("Sent$"))


def test_staff_are_told_where_they_answer(windows: Windows, acme: Tenant, sam: User) -> None:
    page = windows.open_window()
    page.goto(support_of(acme))
    page.get_by_role("link", name="Log in", exact=True).click()
    windows.expect_refusal(f"/oauth/support/session?tenantId={acme.id}")
    log_in(page, "sam")
    expect(page.get_by_role("alert")).to_have_text("Staff answer their customers in the back office.")


def test_without_scripts_it_says_so(windows: Windows, acme: Tenant) -> None:
    page = windows.open_window(scripts=False)
    page.goto(support_of(acme))
    expect(page.get_by_text("It needs scripts")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_hidden()


def test_nobody_is_shut_out_of_it_and_after_a_closed_conversation_a_new_one_begins(
    windows: Windows, acme: Tenant, alice: User, sam: User
) -> None:
    inspection = Inspection(windows.open_window(), equipment.load_axe_core())
    page, widths = inspection.page, {}

    def look(name: str) -> None:
        inspection.inspect_page(name)
        page.set_viewport_size(PHONE)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")

    page.goto(support_of(acme))
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
    look("welcome")
    open_chat(page, acme)
    write(page, "x" * 300)
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    answer(acme, sam, "Hello")
    expect(page.locator(".message:not(.own)")).to_be_visible()
    look("conversation")
    before = room_of(acme)
    with tenant_scope(acme.id):
        close_support_room(room_id=before.id, actor=acting(sam))
    expect(page.get_by_role("heading", name="This conversation is closed")).to_be_visible()
    assert messages_on(page) == ["x" * 300, "Hello"]
    expect(page.get_by_label("Your message")).to_be_hidden()
    look("closed")
    page.get_by_role("button", name="Start a new one").click()
    write(page, "Hello again")
    expect(page.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    assert room_of(acme).id != before.id
    assert messages_on(page) == ["Hello again"]
    assert inspection.faults == []
    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}
