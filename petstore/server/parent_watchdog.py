"""A child process ends with its parent, even when the parent is killed: the pipe between them tells it."""

import os
import signal
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParentWatchdog:
    """A pipe that nobody writes to: it ends for the children when the last process that could write has ended."""

    _read: int
    _write: int

    @classmethod
    def open_for_parent(cls) -> "ParentWatchdog":
        """A new one; the process that opens it is the one whose end will be noticed."""
        return cls(*os.pipe())

    def watch_parent(self) -> None:
        """In a child: end this process politely as soon as the parent is gone."""
        os.close(self._write)
        threading.Thread(target=self._stop_with_parent, name="lifeline", daemon=True).start()

    def keep_across_exec(self) -> int:
        """Keep it for the program that this process becomes; returns the descriptor which that has to keep open."""
        os.set_inheritable(self._write, True)
        return self._write

    def _stop_with_parent(self) -> None:
        os.read(self._read, 1)
        os.kill(os.getpid(), signal.SIGTERM)
