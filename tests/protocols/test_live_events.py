"""One step of an order, heard once on every protocol that tells of it live (contract, SSE, GraphQL and gRPC)."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from django.urls import reverse

from petstore.server.listener import ROOT
from tests.factories import PASSWORD
from tests.ports import free_port
from tests.protocols.listeners import EventSource, GraphQLEvents, GraphQLSocket, GrpcWatch, Listener
from tests.server.server import Server, serving, wait_until

pytestmark = pytest.mark.own_store


@pytest.fixture
def grpc_port() -> int:
    return free_port()


@pytest.fixture
def server(tmp_path: Path, grpc_port: int) -> Iterator[Server]:
    with serving(tmp_path, variables={"GRPC_PORT": str(grpc_port), "RATE_LIMIT": "off"}) as server:
        yield server


@pytest.fixture
def admin(server: Server, tmp_path: Path) -> Iterator[httpx.Client]:
    """An admin of a store with nothing in it, by token."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
    }
    command = (sys.executable, "manage.py", "create_admin", "root", "root@example.com", "--password-stdin")
    subprocess.run(command, cwd=ROOT, env=environment, input=f"{PASSWORD}\n", text=True, check=True, timeout=90)  # noqa: S603  # ours
    with httpx.Client(base_url=server.address, timeout=60) as client:
        token = client.post("/v1/auth/tokens", json={"username": "root", "password": PASSWORD}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def order(admin: httpx.Client) -> str:
    rex = {"name": "Rex", "species": "DOG", "ageMonths": 18, "price": "150.00"}
    pet: str = admin.post("/v1/pets", json=rex).json()["id"]
    order: str = admin.post("/v1/orders", json={"petId": pet}).json()["id"]
    return order


def test_a_step_is_heard_once_on_each_protocol_also_by_clients_that_come_again_after_a_kill(
    server: Server, admin: httpx.Client, grpc_port: int, order: str
) -> None:
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    listeners: list[Listener] = [
        *(kind(server.address, token, order) for kind in (EventSource, GraphQLEvents, GraphQLSocket)),
        GrpcWatch(f"127.0.0.1:{grpc_port}", token, order),
    ]
    wait_for_steps(listeners, 1)
    approve_in_back_office(server, order)
    wait_for_steps(listeners, 2)
    for name in ("web 1", "grpc"):
        kill_process(server, name)
    wait_until(lambda: server.answers("/readyz"))
    admin.patch(f"/v1/admin/orders/{order}/status", json={"status": "CANCELLED", "reason": "Rex stays"})
    wait_for_steps(listeners, 3)
    wait_until(lambda: all(listener.is_over for listener in listeners))
    first = listeners[0].steps
    assert [status for _, status in first] == ["PLACED", "APPROVED", "CANCELLED"]
    assert [listener.steps for listener in listeners] == [first] * len(listeners)


def wait_for_steps(listeners: Sequence[Listener], number: int) -> None:
    wait_until(lambda: all(len(listener.steps) >= number or listener.error for listener in listeners))
    assert [listener.error for listener in listeners] == [None] * len(listeners)


def approve_in_back_office(server: Server, order: str) -> None:
    """Press the button on the order's page, as staff do."""
    with httpx.Client(base_url=server.address, timeout=60, follow_redirects=True) as browser:
        form = {"username": "root", "password": PASSWORD}
        _submit(browser, reverse("admin:login"), form)
        _submit(
            browser,
            reverse("admin:orders_order_command", args=(order, "approve")),
            {"version": "1", "reason": "Paid in cash"},
        )


def _submit(browser: httpx.Client, path: str, form: dict[str, str]) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(path).text)
    assert token is not None
    done = browser.post(path, data=form | {"csrfmiddlewaretoken": token[1]}, headers={"Referer": str(browser.base_url)})
    assert done.status_code == httpx.codes.OK


def kill_process(server: Server, name: str) -> None:
    """Kill a child of the supervisor, and wait for the one that takes its place."""
    before = server.child(name)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: server.child(name) != before)
