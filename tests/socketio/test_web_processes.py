"""Socket.IO's own client and several web processes: every request may reach either (contract, Socket.IO)."""

import asyncio
import os
import re
import signal
from typing import Any

import httpx
import pytest
import socketio

from tests.concurrency import PATIENCE
from tests.server.server import Server

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]

Auth = dict[str, str]
TRANSPORTS = (["polling"], ["websocket"], ["polling", "websocket"])


async def connect(server: Server, auth: Auth, transports: list[str]) -> socketio.AsyncClient:
    client = socketio.AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.5)
    await client.connect(server.address, auth=auth, transports=transports, wait_timeout=PATIENCE)
    return client


def test_the_library_s_client_chats_over_every_transport_whichever_process_it_reaches(
    server: Server, auth: Auth
) -> None:
    async def chat() -> None:
        clients = [await connect(server, auth, transports) for transports in TRANSPORTS]
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


def test_clients_of_a_process_that_dies_come_again_by_themselves(server: Server, auth: Auth) -> None:
    async def survive() -> None:
        clients = [await connect(server, auth, transports) for transports in TRANSPORTS]
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


def test_no_token_is_in_the_log(server: Server, auth: Auth) -> None:
    async def come_and_go() -> None:
        for transports in TRANSPORTS:
            await (await connect(server, auth, transports)).disconnect()

    asyncio.run(come_and_go())
    assert auth["token"] not in server.log.read_text()
