import multiprocessing
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from petstore.server.siblings import (
    KEPT_FOLDER,
    NoSuchSibling,
    join_siblings,
    list_sibling_names,
    own_name,
    prepare_sibling_folder,
    remove_sibling_folder,
    sibling_path,
)

_fork = multiprocessing.get_context("fork")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(KEPT_FOLDER, "")  # given back at the end
    made = prepare_sibling_folder()
    assert made is not None
    yield made
    remove_sibling_folder()


def _open_socket_and_wait(number: int, said: Connection) -> None:
    """A sibling: it opens its socket, says its name, and lives until it is ended."""
    join_siblings(number)
    name = own_name()
    assert name is not None
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as opened:
        opened.bind(str(sibling_path(name, "carrier")))
        said.send(name)
        said.recv()


def test_a_process_outside_of_serve_has_no_name_and_no_siblings() -> None:
    assert own_name() is None
    assert list_sibling_names("carrier") == []
    with pytest.raises(NoSuchSibling):
        sibling_path("1-4711", "carrier")


def test_only_its_user_can_look_into_the_folder_and_it_is_removed_at_the_end(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    remove_sibling_folder()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../etc-1", "1-4711/../x", "1", "", "1-4711\n", "0-1", "\u0661-\u0662"])
def test_a_text_that_is_no_name_leads_nowhere(folder: Path, name: str) -> None:
    with pytest.raises(NoSuchSibling):
        sibling_path(name, "carrier")


def test_forked_processes_find_one_another_until_one_is_dead(folder: Path) -> None:
    join_siblings(1)
    ours, theirs = multiprocessing.Pipe()
    process = _fork.Process(target=_open_socket_and_wait, args=(2, theirs), daemon=True)
    process.start()
    name = ours.recv()
    assert name == f"2-{process.pid}"
    assert list_sibling_names("carrier") == [name]
    assert list_sibling_names("socketio") == []
    process.kill()
    process.join()
    assert list_sibling_names("carrier") == []
    assert list(folder.iterdir()) == []


def test_the_program_that_replaces_another_takes_over_its_folder(folder: Path) -> None:
    assert prepare_sibling_folder() == folder
    os.environ[KEPT_FOLDER] = f"1:{folder}"  # as if another process had it
    other = prepare_sibling_folder()
    assert other not in (None, folder)
    remove_sibling_folder()
    folder.rmdir()
