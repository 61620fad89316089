"""`manage.py serve` in a process of its own, as an operator runs it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from petstore.operations.launching import ROOT

PATIENCE_SECONDS = 90.0
PORTS = range(8200, 8300)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, where it answers and where its log is."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=30)

    def answers(self, path: str) -> bool:
        try:
            return self.get(path).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def children(self, word: str = "") -> list[int]:
        """The ids of the children whose command line holds the word."""
        lines = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in lines.stdout.splitlines()]
        return [int(row[0]) for row in rows if int(row[1]) == self.process.pid and word in row[2]]


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Server]:
    """A server of a new store in `folder`, ready; ended afterwards, whatever happens."""
    port = _free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
        "LOG_FORMAT": "json",
    }
    command = (sys.executable, "manage.py", "serve", "--port", str(port), "--migrate", *words)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603  # ours
    server = Server(process, f"http://127.0.0.1:{port}", folder / "log")
    try:
        wait_until(lambda: server.answers("/readyz"))
        yield server
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    """Until it holds; fails after a long while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to notice does not."""
    state = subprocess.run(["/bin/ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603  # ours
    return state.stdout.strip()[:1] not in ("", "Z")


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError(f"No port of {PORTS} is free.")
