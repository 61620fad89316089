"""`manage.py serve` in a process of its own, as an operator runs it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from petstore.server.listener import ROOT
from tests.databases import NAME, SCRATCH

PATIENCE_SECONDS = 90.0


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

    def children(self) -> list[int]:
        lines = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        rows = [line.split() for line in lines.stdout.splitlines()]
        return [int(pid) for pid, parent in rows if int(parent) == self.process.pid]

    def child(self, name: str) -> int:
        """The id of the child of that name, as the log tells it: the latest."""
        return int(re.findall(rf"^{name} is process (\d+)$", self.log.read_text(), re.MULTILINE)[-1])


@contextmanager
def serving(
    folder: Path,
    *words: str,
    command: str = "serve",
    is_migrated: bool = True,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server of a new store in `folder`, ready; ended afterwards, whatever happens.

    Args:
        command: the one that serves.
        is_migrated: the store is up to date before the command starts; if not, it is asked to see to that.
        variables: of its environment, such as another DATABASE_URL.
    """
    port = _free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/store.sqlite3",
        "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
        "LOG_FORMAT": "json",
        "ANONYMOUS_ORDER_LIMIT": "off",
        "GRPC_PORT": "0",
        **(variables or {}),
    }
    store = folder / "store.sqlite3"
    if is_migrated and not store.exists():
        shutil.copy(_migrated(), store)
    migrate = () if is_migrated else ("--migrate",)
    words = (sys.executable, "manage.py", command, "--port", str(port), *migrate, *words)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603  # ours
    server = Server(process, f"http://127.0.0.1:{port}", folder / "log")
    try:
        wait_until(lambda: server.answers("/readyz"))
        yield server
    finally:
        process.kill()
        process.wait()


@cache
def _migrated() -> Path:
    """A new store, made once: all migrations together take longer than most tests."""
    store = SCRATCH / NAME / "migrated.sqlite3"
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{store}", "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
    command = (sys.executable, "manage.py", "migrate", "--verbosity=0")
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603  # ours
    return store


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
    """One that the system gives to nobody else meanwhile: runs beside this one start servers, too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
