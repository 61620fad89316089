"""Socket.IO's own client and several web processes: every request may reach either (contract, Socket.IO)."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from tests.concurrency import PATIENCE
from tests.factories import PASSWORD
from tests.server.server import Server, serving

pytestmark = pytest.mark.own_store

TRANSPORTS = (["polling"], ["websocket"], ["polling", "websocket"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("store"), "--workers", "2") as server:
        yield server


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """Of a customer of the shared pool."""
    somebody = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    somebody |= {"firstName": "Ada", "lastName": "Miller"}
    with httpx.Client(base_url=f"{server.address}/v1", timeout=PATIENCE) as client:
        assert client.post("/users", json=somebody).status_code == 201
        login = client.post("/auth/tokens", json={"username": "ada", "password": PASSWORD})
        return str(login.json()["token"])


async def connect(server: Server, token: str, transports: list[str]) -> socketio.AsyncClient:
    client = socketio.AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.5)
    await client.connect(server.address, auth={"token": token}, transports=transports, wait_timeout=PATIENCE)
    return client


def test_the_library_s_client_chats_over_every_transport_whichever_process_it_reaches(
    server: Server, token: str
) -> None:
    async def chat() -> None:
        clients = [await connect(server, token, transports) for transports in TRANSPORTS]
        heard: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in clients]
        for client, queue in zip(clients, heard, strict=True):
            client.on("chatMessage", queue.put)
            assert (await client.call("joinChat", {}, timeout=PATIENCE))["ok"]
        for number, client in enumerate(clients):
            answer = await client.call("chatMessage", {"text": f"From {number}"}, timeout=PATIENCE)
            assert answer["ok"]
            for other, queue in enumerate(heard):
                if other != number:
                    message = await asyncio.wait_for(queue.get(), PATIENCE)
                    assert message["messageId"] == answer["messageId"]
        for client in clients:
            await client.disconnect()

    asyncio.run(chat())


def test_whatever_process_a_request_reaches_its_session_answers(server: Server) -> None:
    for _ in range(6):
        opened = server.get("/socket.io/?EIO=4&transport=polling").text
        (sid,) = re.findall(r'"sid":"([^"]+)"', opened)
        for _ in range(6):  # each over a connection of its own
            posted = httpx.post(f"{server.address}/socket.io/?EIO=4&transport=polling&sid={sid}", content="3")
            assert (posted.status_code, posted.text) == (200, "ok")


def test_clients_of_a_process_that_dies_come_again_by_themselves(server: Server, token: str) -> None:
    async def survive() -> None:
        clients = [await connect(server, token, transports) for transports in TRANSPORTS]
        again = [asyncio.Event() for _ in clients]
        for client, event in zip(clients, again, strict=True):
            client.on("connect", event.set)
        for name in ("web 1", "web 2"):
            os.kill(server.child(name), signal.SIGKILL)
        for client, event in zip(clients, again, strict=True):
            await asyncio.wait_for(event.wait(), PATIENCE)
            assert (await client.call("joinChat", {}, timeout=PATIENCE))["ok"]
            await client.disconnect()

    asyncio.run(survive())


def test_no_token_is_in_the_log(server: Server, token: str) -> None:
    assert token not in Path(server.log).read_text()
