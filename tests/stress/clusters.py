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

from database.row_security import name_roles
from tests.databases import ROLE, owner_address

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

    def create(self) -> None:
        """A new one."""
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        self._run_as_we_are("pg_dump", "--schema=public", f"--file={self._folder}/dump", owner_address())
        for role in name_roles(ROLE).values():  # whom the policies name
            self._run_as_we_are("psql", "--quiet", f"--command=CREATE ROLE {role} LOGIN", self.url)
        self._run_as_we_are("psql", "--quiet", f"--file={self._folder}/dump", self.url)

    def follow(self, primary: "Cluster") -> None:
        """Become the standby of another one, whatever it was before."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        address = ("--host=127.0.0.1", f"--port={primary.port}", "--username=postgres")
        self._run("pg_basebackup", *address, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._launch()

    def promote(self) -> None:
        """Make a standby the primary."""
        self._run("pg_ctl", "promote", "--wait")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Until it takes connections; what was left undone is brought in order first."""
        connections.close_all()
        self._launch()

    def _launch(self) -> None:
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=on"
        self._run("pg_ctl", "start", "--wait", f"--log={self._folder}/log", f"--options={options}")

    def stop(self) -> None:
        """Whoever is connected is cut off; its standby gets all that was written."""
        self._run("pg_ctl", "stop", "--wait", "--mode=fast")

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
    with folder_of_ones_own() as folder:
        own = Cluster(folder, programs)
        own.create()
        try:
            with database_at("127.0.0.1", str(own.port)):
                yield own
        finally:
            own.stop_at_once()


@contextmanager
def folder_of_ones_own() -> Iterator[Path]:
    """One that belongs to whom the server runs as."""
    with tempfile.TemporaryDirectory(prefix="petstore-cluster-") as name:
        if OWNER:
            shutil.chown(name, OWNER)
        yield Path(name)


@contextmanager
def database_at(host: str, port: str, **options: str) -> Iterator[None]:
    """Have every thread of this process use the database there; all share the settings."""
    settings = connection.settings_dict
    before = dict(settings)
    connections.close_all()
    place = {"HOST": host, "PORT": port, "USER": "postgres", "PASSWORD": "", "NAME": "postgres"}
    settings.update(place, OPTIONS=settings["OPTIONS"] | options)
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
