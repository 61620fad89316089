"""The application behind a real server, and Chromium before it.

Every test commits, because the server is another process; `tests/pristine.py` clears up.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from accounts.models import User
from tests.backoffice.conftest import delivery, endpoint, order, payment
from tests.browser import equipment
from tests.browser.windows import PATIENCE_MS, Windows
from tests.rest.servers import Server, running

__all__ = ["delivery", "endpoint", "order", "payment"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each is one that commits, and needs a server besides the browser: one run of them is enough."""
    for item in items:
        if item.path.is_relative_to(equipment.HERE):
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker("own_store")


@pytest.fixture(scope="package")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser. Playwright keeps an event loop going in this thread, and Django is not to mind it."""
    place = equipment.find_chromium()
    expect.set_options(timeout=PATIENCE_MS)  # a busy machine takes longer than Playwright's five seconds
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        arguments = ["--no-sandbox", "--disable-background-networking"]
        with playwright.chromium.launch(executable_path=place, args=arguments) as browser:
            yield browser


@pytest.fixture
def windows(chromium: Browser, server: Server, transactional_db: None) -> Iterator[Windows]:
    """Windows in which nothing may go wrong behind the scenes."""
    windows = Windows(chromium, f"http://127.0.0.1:{server.port}")
    yield windows
    windows.close_all()
    assert windows.complaints == []


@pytest.fixture
def sams(windows: Windows, sam: User) -> Page:
    """A window of acme's staff."""
    return windows.open_window(sam)


@pytest.fixture
def roots(windows: Windows, root: User) -> Page:
    """A window of an admin."""
    return windows.open_window(root)
