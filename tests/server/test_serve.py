import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from petstore.server.listener import ROOT
from tests.server.server import Server, is_alive, serving, wait_until

pytestmark = pytest.mark.own_store


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With two web processes, for the tests that leave it as they found it."""
    with serving(tmp_path_factory.mktemp("lasting"), "--workers", "2", "--migrate") as server:
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


def test_without_a_worker_it_serves_all_the_same(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-worker") as server:
        assert server.children() == [server.child("web 1")]


@pytest.mark.parametrize("name", ["web 1", "worker"])
def test_a_child_that_is_killed_is_started_again(lasting: Server, name: str) -> None:
    victim = lasting.child(name)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: lasting.child(name) != victim)
    assert is_alive(lasting.child(name))
    wait_until(lambda: lasting.answers("/readyz"))


def test_a_child_that_does_not_stay_up_ends_them_all_with_1(server: Server) -> None:
    children = _killed_until_given_up(server, "worker")
    assert server.process.wait(timeout=60) == 1
    assert not any(map(is_alive, children))


def _killed_until_given_up(server: Server, name: str) -> set[int]:
    """All children that there were."""
    seen: set[int] = set()
    while server.process.poll() is None:
        seen.update(server.children())
        if is_alive(server.child(name)):
            os.kill(server.child(name), signal.SIGKILL)
        time.sleep(0.05)
    return seen


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes share")
def test_what_is_loaded_is_in_memory_once(lasting: Server) -> None:
    for child in lasting.children():
        memory = dict(re.findall(r"^(\w+): +(\d+) kB$", Path(f"/proc/{child}/smaps_rollup").read_text(), re.MULTILINE))
        assert int(memory["Private_Dirty"]) < int(memory["Shared_Dirty"])


def test_the_figures_of_all_web_processes_come_together(lasting: Server) -> None:
    assert lasting.child("web 1") != lasting.child("web 2")
    before = _alive_count(lasting)
    for _ in range(10):
        lasting.get("/healthz")
    assert {_alive_count(lasting) for _ in range(6)} == {before + 10}


def _alive_count(server: Server) -> int:
    found = re.search(
        r'seconds_count\{method="GET",protocol="\w+",route="/healthz",status="200"\} (\d+)', server.get("/metrics").text
    )
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
