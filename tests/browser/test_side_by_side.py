"""A customer on the support page and a clerk in the back office, in two windows: each reads the other at once."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import ViewportSize, expect

from accounts.models import User
from tenants.models import Tenant
from tests.browser.test_support import messages_on, open_chat, room_of, write
from tests.browser.windows import DESKTOP, PHONE, Theme, Windows


@pytest.mark.parametrize(("theme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_each_reads_what_the_other_writes_in_the_next_window(
    windows: Windows, acme: Tenant, alice: User, sam: User, theme: Theme, size: ViewportSize
) -> None:
    customers = windows.open_window(size=size, theme=theme)
    open_chat(customers, acme)
    write(customers, "Is Rex still there?")
    expect(customers.locator(".message.own .told")).to_have_text(re.compile("Sent$"))
    clerks = windows.open_window(sam, size=size, theme=theme)
    clerks.goto(reverse("admin:chat_room_change", args=(room_of(acme).pk,)))
    expect(clerks.get_by_role("log")).to_contain_text("Is Rex still there?")
    clerks.locator("[name=text]").fill("He is.")
    clerks.locator("button[name=_reply]").click()
    expect(customers.locator(".message:not(.own) .words")).to_have_text("He is.")
    expect(customers.locator(".message.own .told")).to_have_text(re.compile("Read$"))
    write(customers, "I come on Saturday.")
    expect(clerks.get_by_role("log")).to_contain_text("I come on Saturday.")
    assert messages_on(customers) == ["Is Rex still there?", "He is.", "I come on Saturday."]
    widths = [page.evaluate("document.documentElement.scrollWidth") for page in (customers, clerks)]
    assert max(widths) <= size["width"]
