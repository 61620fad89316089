"""Functions of the tests in processes of their own, forked from one that has all apps loaded and no connection open.

Starting Python and loading every app takes a hundred times as long as most of what is to be done there.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock

PATIENCE = 120
PRELOADED = "tests.preloaded"

_context = get_context("forkserver")
_context.set_forkserver_preload(["__main__", PRELOADED, "tests.factories"])


class Process:
    """A function of a module, called elsewhere; what it prints is heard here."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        reader, writer = _context.Pipe(duplex=False)
        call = pickle.dumps((function, arguments))
        self._process = _context.Process(target=_run, args=(writer, call), daemon=True)
        self._process.start()
        writer.close()
        self._output = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()
        self._joining = Lock()

    def heard(self) -> str:
        """The next line that it prints; empty when it has ended."""
        return self._output.readline().strip()

    def rest(self) -> str:
        """What it prints from here to its end."""
        with self._output:
            said = self._output.read()
        self.wait()
        return said

    def wait(self, seconds: float = PATIENCE) -> int:
        """What it ends with: 0, 1 after an exception, below 0 by a signal."""
        with self._joining:
            self._process.join(seconds)
            code = self._process.exitcode
        assert code is not None, "waited in vain"
        return code

    def kill(self) -> None:
        """As kill -9 does; nothing happens if it has ended."""
        self._process.kill()

    def send_signal(self, number: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def close(self) -> None:
        """Kill it if it has not ended, and hear it no more."""
        self.kill()
        self.wait()
        self._output.close()


@contextmanager
def running(function: Callable[..., object], *arguments: object) -> Iterator[Process]:
    """The process, ended with the block in any case."""
    process = Process(function, *arguments)
    try:
        yield process
    finally:
        process.close()


def _run(writer: Connection, call: bytes) -> None:
    os.dup2(writer.fileno(), sys.stdout.fileno())
    writer.close()
    import_module(PRELOADED)
    function, arguments = pickle.loads(call)  # noqa: S301  # our own, and not before the apps are there
    function(*arguments)
