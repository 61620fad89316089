"""A PostgreSQL of one's own, to be stopped as a power cut stops it; the run's own is left alone."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

OWNER = "postgres" if os.getuid() == 0 else None
"""Whose programs they are where we are root, whom the server refuses."""


def binaries() -> Path | None:
    """Where the newest server's programs are; None on machines without."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


class Cluster:
    """A server on a port of its own, with what the run's database has."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self.port = _free_port()
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        self._run_as_we_are("pg_dump", "--schema=public", f"--file={folder}/dump", os.environ["DATABASE_URL"])
        self._run_as_we_are("psql", "--quiet", f"--file={folder}/dump", self.url)

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Until it takes connections; what was left undone is brought in order first."""
        connections.close_all()
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=on"
        self._run("pg_ctl", "start", "--wait", f"--log={self._folder}/log", f"--options={options}")

    def stop_at_once(self) -> None:
        """Without any goodbye: whoever is connected is cut off, and nothing more is written."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")

    def _run(self, program: str, *words: str) -> None:
        """A program that works on the server's own files."""
        self._run_as_we_are(program, f"--pgdata={self._folder}/data", *words, user=OWNER)

    def _run_as_we_are(self, program: str, *words: str, user: str | None = None) -> None:
        command = (str(self._programs / program), *words)
        subprocess.run(command, cwd=self._folder, check=True, stdout=subprocess.DEVNULL, user=user, group=user)  # noqa: S603  # ours


@contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """A new one, which is gone afterwards. In this process, too, it is the database meanwhile."""
    with tempfile.TemporaryDirectory(prefix="petstore-cluster-") as name:
        if OWNER:
            shutil.chown(name, OWNER)
        own = Cluster(Path(name), programs)
        try:
            with _database(own):
                yield own
        finally:
            own.stop_at_once()


@contextmanager
def _database(own: Cluster) -> Iterator[None]:
    """Every thread's connection has the very same settings."""
    settings = connection.settings_dict
    before = dict(settings)
    connections.close_all()
    settings.update(HOST="127.0.0.1", PORT=own.port, USER="postgres", PASSWORD="", NAME="postgres")
    try:
        yield
    finally:
        connections.close_all()
        settings.update(before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster of the test's own; skips on SQLite, and where no server's programs are."""
    programs = binaries()
    if programs is None or connection.vendor != "postgresql":
        pytest.skip("a PostgreSQL of one's own takes --db postgres and the server's programs")
    with cluster(programs) as own:
        yield own
