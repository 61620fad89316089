"""Errors that no page shows fail a test."""

import pytest
from playwright.sync_api import Browser

from tests.browser.windows import Windows
from tests.rest.servers import Server

TROUBLE = {
    "console": "console.error('oh')",
    "script": "setTimeout(() => { throw new Error('oh') })",
    "404": "fetch('/nowhere')",
    "outside": "new Image().src = 'http://outside.invalid/paw.png'",
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_behind_a_page_is_a_complaint(chromium: Browser, server: Server, kind: str) -> None:
    windows = Windows(chromium, f"http://127.0.0.1:{server.port}")
    page = windows.open_window()
    page.goto("/healthz")
    page.evaluate(f"() => {{ {TROUBLE[kind]} }}")
    page.wait_for_timeout(300)
    windows.close_all()
    assert [complaint for complaint in windows.complaints if complaint.startswith(kind)]
