"""An order's events over HTTP from `manage.py serve`, as an operator runs it (contract, SSE)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from petstore.server.listener import ROOT
from tests.factories import PASSWORD
from tests.payments.sources import card
from tests.rest.listening import Heard, parsed
from tests.server.server import Server, serving

pytestmark = pytest.mark.own_store

LISTENERS = 4
"""More than there are request threads."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def staff(server: Server, tmp_path: Path) -> Iterator[httpx.Client]:
    """An admin of a store with nothing in it."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
    }
    command = (sys.executable, "manage.py", "create_admin", "root", "root@example.com", "--password-stdin")
    subprocess.run(command, cwd=ROOT, env=environment, input=f"{PASSWORD}\n", text=True, check=True, timeout=90)  # noqa: S603  # ours
    with httpx.Client(base_url=f"{server.address}/v1", timeout=30) as client:
        token = client.post("/auth/tokens", json={"username": "root", "password": PASSWORD}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _order(staff: httpx.Client) -> str:
    """Somebody's order for a new pet."""
    rex = {"name": "Rex", "species": "DOG", "ageMonths": 18, "price": "150.00"}
    pet: str = staff.post("/pets", json=rex).json()["id"]
    order: str = staff.post("/orders", json={"petId": pet}).json()["id"]
    return order


def _pay_ship_and_deliver(staff: httpx.Client, order: str) -> None:
    payment = {"amount": "150.00", "currency": "USD", "source": card()}
    assert staff.post(f"/orders/{order}/payment", json=payment).json()["status"] == "SUCCEEDED"
    for status in ("SHIPPED", "DELIVERED"):
        assert staff.patch(f"/admin/orders/{order}/status", json={"status": status}).status_code == 200


def _rest(stream: Any) -> list[Heard]:
    return parsed(b"".join(stream.iter_raw()))


def test_streams_tell_what_happens_hold_up_nobody_and_end_with_the_server(staff: httpx.Client, server: Server) -> None:
    order = _order(staff)
    with ExitStack() as stack, ThreadPoolExecutor(LISTENERS) as pool:
        streams = [stack.enter_context(staff.stream("GET", f"/orders/{order}/events")) for _ in range(LISTENERS)]
        assert {stream.headers["content-type"] for stream in streams} == {"text/event-stream"}
        told = [pool.submit(_rest, stream) for stream in streams]
        _pay_ship_and_deliver(staff, order)
        stories = [future.result(60) for future in told]
    news = [one.data.get("newStatus") or one.event for one in stories[0]]
    assert news == ["PLACED", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
    assert stories == [stories[0]] * LISTENERS
    over = staff.get(f"/orders/{order}/events", headers={"Last-Event-ID": stories[0][-1].id})
    assert (over.status_code, over.content) == (204, b"")
    _ends_with_the_server(staff, server)


def _ends_with_the_server(staff: httpx.Client, server: Server) -> None:
    """As a stream ends that has nothing more to tell: complete, and without a word in the log."""
    with staff.stream("GET", f"/orders/{_order(staff)}/events") as stream:
        chunks = stream.iter_raw()
        assert any(b"PLACED" in chunk for chunk in chunks)
        server.process.send_signal(signal.SIGTERM)
        assert parsed(b"".join(chunks)) == []
    assert server.process.wait(timeout=60) == 0
    log = server.log.read_text()
    assert [word for word in ("Traceback", '"level": "error"') if word in log] == []
