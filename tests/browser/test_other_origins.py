"""A shop's own page, of another origin, places and cancels an order in Chromium (contract, Browsers)."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError
from pytest_django import DjangoDbBlocker

from orders.models import Order
from pets.models import Pet
from tenants.scoping import tenant_scope
from tests.rest.servers import Server, running

ORDER_AND_CANCEL = """
async ([api, petId]) => {
    const headers = {"Content-Type": "application/json", "Idempotency-Key": "from-a-page"};
    const placed = await fetch(`${api}/v1/orders`, {method: "POST", headers, body: JSON.stringify({petId})});
    const order = await placed.json();
    const seen = ["ETag", "Location", "X-Request-ID"].map(name => placed.headers.has(name));
    const tag = placed.headers.get("ETag");
    const gone = await fetch(`${api}/v1/orders/${order.id}`, {method: "DELETE", headers: {"If-Match": tag}});
    const read = await (await fetch(`${api}/v1/orders/${order.id}`)).json();
    return [placed.status, seen, gone.status, read.status];
}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of another web server, which has an empty page."""
    folder: Path = tmp_path_factory.mktemp("shop")
    (folder / "index.html").write_text("<!doctype html><title>Shop</title>", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the base class
        pass


@pytest.fixture(scope="module")
def store(shop: int, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """The service, which lets pages of the shop call it where they come from 127.0.0.1."""
    with running(CORS_ALLOWED_ORIGINS=f"http://127.0.0.1:{shop}") as server:
        yield server


def _order_and_cancel(chromium: Browser, store: Server, shop: int, host: str, pet: Pet) -> Any:
    page = chromium.new_page()
    try:
        page.goto(f"http://{host}:{shop}/")
        return page.evaluate(ORDER_AND_CANCEL, [f"http://127.0.0.1:{store.port}", str(pet.id)])
    finally:
        page.close()


def test_a_page_of_a_named_origin_places_and_cancels_an_order(
    chromium: Browser, store: Server, shop: int, stray: Pet
) -> None:
    seen = _order_and_cancel(chromium, store, shop, "127.0.0.1", stray)
    assert seen == [201, [True, True, True], 204, "CANCELLED"]


def test_a_page_of_another_origin_gets_no_further_than_the_preflight(
    chromium: Browser, store: Server, shop: int, stray: Pet
) -> None:
    with pytest.raises(BrowserError, match="Failed to fetch"):
        _order_and_cancel(chromium, store, shop, "localhost", stray)
    with tenant_scope(stray.tenant_id):
        assert not Order.objects.exists()
