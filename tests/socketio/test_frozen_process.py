"""A web process that is frozen: its sessions are unknown to the others, which go on (contract, Socket.IO)."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.concurrency import PATIENCE
from tests.server.server import Server

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def open_session(client: httpx.Client) -> str:
    """Open a session and return its id."""
    return client.get(HANDSHAKE).text.partition('"sid":"')[2].partition('"')[0]


def keep_connections(server: Server, kept: ExitStack) -> dict[str, tuple[httpx.Client, str]]:
    """A connection that each of the processes has, by its number, and a session of it."""
    found: dict[str, tuple[httpx.Client, str]] = {}
    while len(found) < 2:
        client = kept.enter_context(httpx.Client(base_url=server.address, timeout=PATIENCE))
        sid = open_session(client)
        found[sid[0]] = (client, sid)
    return found


def test_sessions_of_a_frozen_process_are_unknown_and_the_others_go_on(server: Server) -> None:
    with ExitStack() as kept:
        connections = keep_connections(server, kept)
        (_, theirs), (client, _) = connections["1"], connections["2"]
        assert client.post(f"{HANDSHAKE}&sid={theirs}", content="3").text == "ok", "the control"
        with frozen(server.child("web 1")):
            answer = client.get(f"{HANDSHAKE}&sid={theirs}")
            assert (answer.status_code, answer.json()["code"]) == (400, 1)
            anew = open_session(client)
            assert client.post(f"{HANDSHAKE}&sid={anew}", content="3").text == "ok", "its client connects anew"
            assert client.get("/v1/pets").status_code == 200
