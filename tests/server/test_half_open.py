"""Nobody stops a process by beginning and not going on (guarantees, G18). The long run is tests/stress/half_open.py."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from petstore.server.request_limits import MAX_UPLOAD
from tests.server.attacks import (
    HALF_BODY,
    HALF_HEAD,
    Crowd,
    honest_clients,
    memory_of,
    pour_headers,
    promise,
    unguarded_server,
)
from tests.server.server import Server, serving, wait_until

pytestmark = pytest.mark.own_store

MEGABYTE = 1024 * 1024
HEAD_PATIENCE, BODY_PATIENCE = 40.0, 60.0
"""The deadlines are 10 and 20 s; the machine may be busy."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("half"), "--workers", "2", variables={"RATE_LIMIT": "off"}) as server:
        yield server


def _port(server: Server) -> int:
    return int(server.address.rsplit(":", 1)[1])


def test_halves_and_promises_end_cost_no_memory_and_hold_up_nobody(server: Server) -> None:
    before = memory_of(server)
    with ExitStack() as stack:
        port = _port(server)
        control = stack.enter_context(Crowd(stack.enter_context(unguarded_server()), HALF_HEAD, 3))
        figures = stack.enter_context(honest_clients(server.address))
        heads = stack.enter_context(Crowd(port, HALF_HEAD, 300))
        bodies = stack.enter_context(Crowd(port, HALF_BODY, 50))
        promises = stack.enter_context(Crowd(port, promise(MAX_UPLOAD - MEGABYTE), 60))
        grown = memory_of(server) - before
        heads.endings(HEAD_PATIENCE)
        answers = [*bodies.endings(BODY_PATIENCE), *promises.endings(BODY_PATIENCE)]
        assert control.open_ones() == 3
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 408"}
    assert b"application/problem+json" in answers[0]
    assert figures.refused == []
    assert len(figures.health) > 50
    assert grown < 50 * 1024


def test_endless_headers_are_refused_within_the_first_kilobytes(server: Server) -> None:
    assert pour_headers(_port(server), 50 * MEGABYTE) < 5 * MEGABYTE


def test_what_is_too_large_is_refused_by_its_length(server: Server) -> None:
    with Crowd(_port(server), promise(7 * MEGABYTE), 5) as promises:
        for connection in promises.connections:
            assert connection.recv(12) == b"HTTP/1.1 413"


def test_an_idle_connection_ends(server: Server) -> None:
    with Crowd(_port(server), b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 1) as idle:
        assert idle.endings(HEAD_PATIENCE)[0].startswith(b"HTTP/1.1 200")


def test_health_answers_while_every_request_thread_is_stuck(server: Server) -> None:
    store = server.log.with_name("store.sqlite3")
    with closing(sqlite3.connect(store, isolation_level=None)) as holder, ExitStack() as stack:
        holder.execute("BEGIN IMMEDIATE")
        stack.callback(holder.rollback)
        order = HALF_BODY.replace(b"60", b"49") + b'"01890a5d-ac96-774b-bcce-b302099a8057"}'
        stack.enter_context(Crowd(_port(server), order, 80))
        wait_until(lambda: not _answers(server, "/v1/pets"))
        assert [_answers(server, path) for path in ("/healthz", "/readyz")] == [True, True]
        assert not _answers(server, "/v1/pets")
    wait_until(lambda: _answers(server, "/v1/pets"))


def _answers(server: Server, path: str) -> bool:
    """Within a second."""
    try:
        return httpx.get(f"{server.address}{path}", timeout=1.0).status_code == httpx.codes.OK
    except httpx.TimeoutException:
        return False
