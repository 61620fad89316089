"""PostgreSQL servers of the run's own, on free ports, with durable commits."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.cpu import list_process_tree, sum_cpu_seconds
from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.processes import free_port

OWNER = "postgres" if os.getuid() == 0 else None
"""Whose programs they are where we are root, whom the server refuses."""
OPTIONS = "-c listen_addresses=127.0.0.1 -c autovacuum=off -c shared_buffers=64MB -c max_wal_size=4GB"


class Server(Cluster):
    """A server with an empty directory of data, started."""

    def __init__(self, folder: Path, programs: Path) -> None:
        port = free_port()
        super().__init__(f"postgres://postgres@127.0.0.1:{port}/postgres")
        self._folder, self._programs = folder, programs
        self._run_program(
            "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        options = f"-p {port} -k {folder} {OPTIONS}"
        self._run_program("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options={options}")

    def stop_server(self) -> None:
        """Stop it; what it has not written is not wanted any more."""
        self._run_program("pg_ctl", "stop", "--wait", "--mode=immediate")

    def copy_database(self, name: str, template: str) -> None:
        """Make a database that lives as long as the server."""
        self._run_as_superuser("CREATE DATABASE {} TEMPLATE {}", name, template)

    def read_cpu_seconds(self) -> float:
        """Sum up the processor time of the server so far: backends, also those that have ended, and writers."""
        first_line = (self._folder / "data" / "postmaster.pid").read_text().splitlines()[0]
        return sum_cpu_seconds(list_process_tree(psutil.Process(int(first_line)).pid))

    def _run_program(self, program: str, *words: str) -> None:
        command = (str(self._programs / program), f"--pgdata={self._folder}/data", *words)
        subprocess.run(command, cwd=self._folder, check=True, stdout=subprocess.DEVNULL, user=OWNER, group=OWNER)


@contextmanager
def run_servers(count: int) -> Iterator[list[Server]]:
    """Start servers, and leave nothing of them behind.

    Raises:
        BenchmarkError: this machine has no programs of PostgreSQL's server.
    """
    programs = _find_programs()
    servers: list[Server] = []
    with tempfile.TemporaryDirectory(prefix="petstore-sharding-") as name:
        root = Path(name)
        _give_folder(root)
        try:
            for number in range(count):
                folder = root / str(number)
                folder.mkdir()
                _give_folder(folder)
                servers.append(Server(folder, programs))
            yield servers
        finally:
            for server in servers:
                server.stop_server()


def _give_folder(folder: Path) -> None:
    if OWNER:
        shutil.chown(folder, OWNER)


def _find_programs() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        raise BenchmarkError("The simulation needs the programs of PostgreSQL's server: apt install postgresql.")
    return max(found, key=lambda path: int(path.parent.name))
