"""A watchdog that ends child processes with their parent, even when the parent is killed."""

import os
import signal
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParentWatchdog:
    """A pipe that is never written to: it closes for the children when the last process that could write has ended."""

    _read: int
    _write: int

    @classmethod
    def open_for_parent(cls) -> "ParentWatchdog":
        """Open a pipe that watches the process that calls this."""
        return cls(*os.pipe())

    def watch_parent(self) -> None:
        """Send SIGTERM to this child process as soon as the parent is gone."""
        os.close(self._write)
        threading.Thread(target=self._stop_with_parent, name="parent watchdog", daemon=True).start()

    def keep_across_exec(self) -> int:
        """Keep the pipe open for the program that replaces this one; returns the descriptor to keep open."""
        os.set_inheritable(self._write, True)
        return self._write

    def _stop_with_parent(self) -> None:
        os.read(self._read, 1)
        os.kill(os.getpid(), signal.SIGTERM)
