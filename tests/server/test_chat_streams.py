"""Answers that are under way when `manage.py serve` stops, or is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from petstore.server.listener import ROOT
from tests.chat.model_server import ModelServer, model_server, talk_for_ever
from tests.factories import PASSWORD
from tests.server.server import Server, is_alive, serving, wait_until

pytestmark = pytest.mark.own_store

STREAMS = 5
QUESTION = {"messages": [{"role": "user", "content": "How do I feed a rabbit?"}], "stream": True}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server(talk_for_ever()) as model:
        yield model


@pytest.fixture
def server(tmp_path: Path, model: ModelServer) -> Iterator[Server]:
    variables = {"CHAT_BASE_URL": model.base_url, "CHAT_MODEL": "tiny"}
    with serving(tmp_path, variables=variables) as server:
        command = (sys.executable, "manage.py", "create_admin", "root", "root@example.com", "--password-stdin")
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite3",
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
        }
        subprocess.run(command, cwd=ROOT, env=environment, input=f"{PASSWORD}\n", text=True, check=True, timeout=90)  # noqa: S603  # ours
        yield server


def _open_streams(stack: ExitStack, server: Server) -> list[httpx.Response]:
    client = stack.enter_context(httpx.Client(base_url=f"{server.address}/v1", timeout=30))
    token = client.post("/auth/tokens", json={"username": "root", "password": PASSWORD}).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return [stack.enter_context(client.stream("POST", "/chat/completions", json=QUESTION)) for _ in range(STREAMS)]


def test_a_server_that_stops_ends_them_with_an_error_and_leaves_no_process(server: Server, model: ModelServer) -> None:
    children = server.children()
    with ExitStack() as stack:
        streams = _open_streams(stack, server)
        wait_until(lambda: model.open == STREAMS)
        server.process.send_signal(signal.SIGTERM)
        told = [b"".join(stream.iter_raw()) for stream in streams]
    assert [b'data: {"error":{' in text.split(b"\n\n")[-2] for text in told] == [True] * STREAMS
    assert server.process.wait(30) == 0
    assert [pid for pid in children if is_alive(pid)] == []
    wait_until(lambda: model.open == 0)


def test_a_web_process_that_is_killed_leaves_no_model_at_work(server: Server, model: ModelServer) -> None:
    with ExitStack() as stack:
        streams = _open_streams(stack, server)
        wait_until(lambda: model.open == STREAMS)
        os.kill(server.child("web 1"), signal.SIGKILL)
        for stream in streams:
            with pytest.raises(httpx.RemoteProtocolError):
                list(stream.iter_raw())
        wait_until(lambda: model.open == 0)
    wait_until(lambda: server.answers("/readyz"))
