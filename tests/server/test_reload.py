"""SIGHUP takes up new code, and no request fails meanwhile."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.server.server import Server, is_alive, serving, wait_until

pytestmark = pytest.mark.own_store

CALLERS = 4
KEPT_SECONDS = 4.8
"""A little less than the proxies of `deploy/` keep an idle connection."""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose code every new interpreter loads."""
    return tmp_path_factory.mktemp("code")


@pytest.fixture(scope="module")
def server(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    variables = {"RATE_LIMIT": "off", "PYTHONPATH": str(code)}
    with serving(tmp_path_factory.mktemp("reload"), "--workers", "2", variables=variables) as server:
        yield server


@contextmanager
def _callers(address: str) -> Iterator[list[str]]:
    """Callers with connections that they keep, for as long as the block lasts; gives what went wrong for them."""
    failures: list[str] = []
    stop = threading.Event()

    def call() -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            while not stop.wait(0.02):
                try:
                    status = client.get("/v1/pets").status_code
                except httpx.TransportError as error:
                    failures.append(repr(error))
                else:
                    if status != httpx.codes.OK:
                        failures.append(str(status))

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _reloaded(server: Server) -> int:
    return server.log.read_text().count("Reloaded\n")


def test_a_reload_starts_everything_anew_and_no_request_fails(server: Server) -> None:
    before = set(server.children())
    with _callers(server.address) as failures:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: _reloaded(server) == 1)
        time.sleep(0.5)
    assert failures == []
    after = set(server.children())
    assert len(after) == len(before) == 3
    assert not before & after
    assert not any(map(is_alive, before))
    assert server.process.poll() is None
    _is_still_supervised(server)


def _is_still_supervised(server: Server) -> None:
    victim = server.child("web 1")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: server.child("web 1") != victim)


def test_a_connection_that_a_proxy_keeps_answers_for_as_long_as_the_proxy_keeps_it(server: Server) -> None:
    """A proxy sends a POST once only: where it meets a connection that was just closed, the caller gets a 502."""
    started, reloads = server.log.read_text().count("web 1 is process"), _reloaded(server)
    with closing(HTTPConnection(server.address.removeprefix("http://"), timeout=30)) as kept:
        _ask(kept)
        kept.auto_open = 0  # as it is, or not at all
        server.process.send_signal(signal.SIGHUP)
        while server.log.read_text().count("web 1 is process") == started:
            _ask(kept)  # it is idle from the reload on, however long loading takes
            time.sleep(0.2)
        time.sleep(KEPT_SECONDS)
        kept.request("GET", "/healthz")
        answer = kept.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (200, "close")
    wait_until(lambda: _reloaded(server) > reloads)


def _ask(kept: HTTPConnection) -> None:
    kept.request("GET", "/healthz")
    kept.getresponse().read()


def test_code_that_does_not_load_changes_nothing(server: Server, code: Path) -> None:
    before = server.children()
    broken = code / "sitecustomize.py"
    broken.write_text("raise SystemExit(3)\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "nothing was reloaded" in server.log.read_text())
    broken.unlink()
    assert server.children() == before
    assert server.answers("/readyz")


def test_it_ends_politely_but_callers_notice_that_it_stops(server: Server) -> None:
    children = server.children()
    with _callers(server.address) as failures:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0
        time.sleep(0.5)  # a new one would need as long at least
    assert not any(map(is_alive, children))
    assert failures
