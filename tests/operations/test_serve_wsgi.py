import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.operations.server import Server, is_alive, serving, wait_until

pytestmark = pytest.mark.own_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wsgi")


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with serving(folder, "--workers", "2", command="serve_wsgi", is_migrated=False) as server:
        wait_until(lambda: len(server.children()) == 2)
        yield server


def test_it_serves_from_forked_processes_ends_politely_and_leaves_no_orphan(server: Server) -> None:
    assert [server.get(path).status_code for path in ("/v1/pets", "/", "/admin/login/")] == [200, 200, 200]
    assert "Serving at" in server.log.read_text()
    children = server.children()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0
    assert not any(map(is_alive, children))


def test_its_children_end_even_when_it_is_killed(server: Server) -> None:
    children = server.children()
    server.process.kill()
    wait_until(lambda: not any(map(is_alive, children)))


def test_it_refuses_a_number_of_workers_that_makes_no_sense() -> None:
    with pytest.raises(CommandError, match="--workers"):
        call_command("serve_wsgi", "--workers", "0")
