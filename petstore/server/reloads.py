"""Reload of new code on SIGHUP without a failed request.

The supervisor first lets another interpreter load the new code. If that works, it replaces itself by a new
interpreter with the same process id and the same listening sockets, while the old processes still serve. Once the new
processes serve, the old ones end each connection with its next response and then exit.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from petstore.server.parent_watchdog import ParentWatchdog
from petstore.server.supervisor import Child, write_to_log

MODULE = ("-m", "petstore.server.processes")
TRIAL = "--trial"
LONGEST_SECONDS = 25.0
"""The time that an old process has to end."""


class Predecessors:
    """The processes of the program that this one replaced."""

    def __init__(self, arguments: Sequence[str], ready: int, expected: int) -> None:
        """Read the old pipe and process ids from `arguments`; `ready` gets a byte for each new process that serves."""
        self._watchdog_pipes = [int(number) for number in arguments[1:2]]
        self._pids = {int(pid) for pid in arguments[2:]}
        self._ready, self._missing = ready, expected
        self._drained_at = 0.0
        os.set_blocking(ready, False)

    def __len__(self) -> int:
        return len(self._pids)

    def end_when_replaced(self, _children: Sequence[Child]) -> None:
        """Tell the old processes to drain once all new ones serve, and kill those that do not end in time."""
        if not self._pids:
            return
        if self._missing > 0:
            self._missing -= self._count_ready_processes()
        elif not self._drained_at:
            self._drained_at = time.monotonic()
            self._send_signal_to_all(signal.SIGHUP)
        elif time.monotonic() - self._drained_at > LONGEST_SECONDS:
            self._send_signal_to_all(signal.SIGKILL)
        self._pids = {pid for pid in self._pids if _is_running(pid)}
        if not self._pids:
            os.close(self._watchdog_pipes.pop())
            write_to_log("Reloaded")

    def stop_all(self) -> None:
        """Send SIGTERM to the old processes, because the supervisor stops."""
        self._send_signal_to_all(signal.SIGTERM)

    def _count_ready_processes(self) -> int:
        try:
            return len(os.read(self._ready, 1024))
        except BlockingIOError:
            return 0

    def _send_signal_to_all(self, number: signal.Signals) -> None:
        for pid in self._pids:
            os.kill(pid, number)


class Reload:
    """The steps of a reload, taken one by one in the supervisor's loop."""

    def __init__(self, arguments: Sequence[str], watchdog: ParentWatchdog, predecessors: Predecessors) -> None:
        """Handle SIGHUP from now on; `arguments` are those that the supervisor was started with."""
        self._predecessors = predecessors
        self._arguments = arguments
        self._watchdog = watchdog
        self._wanted = threading.Event()
        self._trial: subprocess.Popen[bytes] | None = None
        self._has_terminal = _has_controlling_terminal()
        signal.signal(signal.SIGHUP, self._handle_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))

    def _handle_signal(self, *_: object) -> None:
        """Request a reload, or stop where the signal came from a terminal that was closed."""
        if self._has_terminal and not _has_controlling_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._wanted.set()

    def run_next_step(self, children: Sequence[Child]) -> None:
        """Take the next step, if there is one; replaces this program once the trial has succeeded."""
        if self._trial is None:
            if self._wanted.is_set() and not self._predecessors:
                self._wanted.clear()
                self._trial = subprocess.Popen((sys.executable, *MODULE, TRIAL))  # noqa: S603  # ourselves
        elif (code := self._trial.poll()) is not None:
            self._trial = None
            if code:
                write_to_log("The code does not load: nothing was reloaded")
            else:
                self._replace_program(children)

    def _replace_program(self, children: Sequence[Child]) -> None:
        write_to_log("Reloading")
        held = self._watchdog.keep_across_exec()
        pids = [str(child.process.pid) for child in children]
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
        os.execv(sys.executable, (sys.executable, *MODULE, self._arguments[0], str(held), *pids))  # noqa: S606  # ourselves


def _is_running(pid: int) -> bool:
    """Return whether this child of an earlier program is running, and reap it if it has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


def _has_controlling_terminal() -> bool:
    try:
        with Path("/dev/tty").open("rb"):
            return True
    except OSError:
        return False
