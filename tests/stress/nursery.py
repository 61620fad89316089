"""Processes that are there at once, to be killed: forked from one that has loaded everything and connected to nothing.

In a process of its own; it is told what to fork on its standard input, and prints the new process's id.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.management import call_command
from django.db import connections

from petstore.asgi import application
from petstore.server.listener import ROOT, open_listener
from petstore.server.web_process import WebServer
from tests.webhooks.sink import Sink
from webhooks.delivery import claims


class Nursery:
    """The other end: asks for processes, and kills them.

    Attributes:
        port: where its web processes listen.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._heard())

    def fork(self, kind: str) -> int:
        """A new `web` or `worker`; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind}\n")
        self._process.stdin.flush()
        return int(self._heard())

    def _heard(self) -> str:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        return line


@contextmanager
def nursery(sink: Sink, *, lease: timedelta = claims.LEASE) -> Iterator[Nursery]:
    """A nursery on the run's database, whose children may send to the sink. They end with it.

    Args:
        lease: how long a delivery waits for the next worker after one has died with it.
    """
    program = f"import django; django.setup(); from tests.stress.nursery import run; run({lease.seconds})"
    environment = os.environ | {"OUTBOUND_ALLOW": f"{sink.endpoint[0]}:{sink.port}", "LOG_FORMAT": "json"}
    with subprocess.Popen(  # noqa: S603  # our own program
        (sys.executable, "-c", program),
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Nursery(process)


def kill(pid: int) -> None:
    """Kill it, and wait until it is gone; nothing happens if it is gone already."""
    while True:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.001)


def run(lease_seconds: int) -> None:
    """Fork what standard input asks for, and end all of it at its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child has ended
    claims.LEASE = timedelta(seconds=lease_seconds)
    listener = open_listener("127.0.0.1", 0)
    kinds: dict[str, Callable[[], object]] = {
        "web": WebServer(listener, application).serve_until_stopped,
        "worker": _work,
    }
    connections.close_all()
    _say(listener.getsockname()[1])
    children = []
    for line in sys.stdin:
        children.append(_forked(kinds[line.strip()]))
        _say(children[-1])
    for child in children:
        kill(child)


def _work() -> None:
    call_command("run_worker")


def _forked(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.stdin.close()
        work()
        os._exit(0)
    return child


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
