import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from petstore.operations.launching import ROOT
from tests.operations.server import Server, is_alive, serving, wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_politely_and_leaves_no_orphan(server: Server, number: int) -> None:
    children = server.children()
    assert len(children) == 2
    server.process.send_signal(number)
    assert server.process.wait(timeout=60) == 0
    assert not any(map(is_alive, children))


def test_its_children_end_even_when_it_is_killed(server: Server) -> None:
    children = server.children()
    server.process.kill()
    wait_until(lambda: not any(map(is_alive, children)))


@pytest.mark.parametrize("word", ["operations.web", "run_worker"])
def test_a_child_that_is_killed_is_started_again(server: Server, word: str) -> None:
    (victim,) = server.children(word)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: bool(server.children(word)) and server.children(word) != [victim])
    wait_until(lambda: server.answers("/readyz"))


def test_the_figures_of_all_web_processes_come_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        assert len(server.children("operations.web")) == 2
        before = _alive_count(server)
        for _ in range(10):
            server.get("/healthz")
        assert {_alive_count(server) for _ in range(6)} == {before + 10}


def _alive_count(server: Server) -> int:
    found = re.search(r'seconds_count\{method="GET",route="/healthz",status="200"\} (\d+)', server.get("/metrics").text)
    return int(found[1]) if found else 0


def test_a_taken_port_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Cannot listen on 127.0.0.1:{port}"):
            call_command("serve", "--port", str(port))


@pytest.mark.parametrize("words", [("--port", "70000"), ("--workers", "0"), ("--port", "x")])
def test_numbers_that_make_no_sense_are_refused(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=words[0]):
        call_command("serve", *words)


def test_wrong_usage_ends_with_1_and_a_sentence() -> None:
    command = (sys.executable, "manage.py", "serve", "--port", "x")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)  # noqa: S603  # ours
    assert done.returncode == 1
    assert "argument --port: give a number" in done.stderr
