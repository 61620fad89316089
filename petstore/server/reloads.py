"""SIGHUP: new code without a request that fails.

The supervisor first has another interpreter load the code as it is now. Where that works it becomes a new interpreter
itself, with the same process id, the same listening sockets and the old processes still serving. Once new ones serve,
the old ones end each connection with its next answer and then themselves.
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
"""How long an old process may take to end."""


class Predecessors:
    """The processes of the program that this one replaced."""

    def __init__(self, arguments: Sequence[str], ready: int, expected: int) -> None:
        """`arguments` hold the old lifeline and the ids; `ready` is a pipe with a byte for each new one that serves."""
        self._held = [int(number) for number in arguments[1:2]]
        self._pids = {int(pid) for pid in arguments[2:]}
        self._ready, self._missing = ready, expected
        self._told_at = 0.0
        os.set_blocking(ready, False)

    def __len__(self) -> int:
        return len(self._pids)

    def end_when_replaced(self, _children: Sequence[Child]) -> None:
        """Tell them to end once enough new processes serve; note who has, and end for good who does not."""
        if not self._pids:
            return
        if self._missing > 0:
            self._missing -= self._count_ready_processes()
        elif not self._told_at:
            self._told_at = time.monotonic()
            self._send_signal_to_all(signal.SIGHUP)
        elif time.monotonic() - self._told_at > LONGEST_SECONDS:
            self._send_signal_to_all(signal.SIGKILL)
        self._pids = {pid for pid in self._pids if _is_running(pid)}
        if not self._pids:
            os.close(self._held.pop())
            write_to_log("Reloaded")

    def stop_all(self) -> None:
        """Have them end at once, for everything does."""
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
    """Reload on SIGHUP, step by step as the supervisor comes round to it."""

    def __init__(self, arguments: Sequence[str], lifeline: ParentWatchdog, predecessors: Predecessors) -> None:
        """Listen for the signal. `arguments` are those that the supervisor was started with."""
        self._predecessors = predecessors
        self._arguments = arguments
        self._lifeline = lifeline
        self._wanted = threading.Event()
        self._trial: subprocess.Popen[bytes] | None = None
        self._has_terminal = _has_controlling_terminal()
        signal.signal(signal.SIGHUP, self._handle_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))

    def _handle_signal(self, *_: object) -> None:
        """A terminal that was closed sends the same signal, and means the end."""
        if self._has_terminal and not _has_controlling_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._wanted.set()

    def run_next_step(self, children: Sequence[Child]) -> None:
        """The next step, if there is one to take; replaces this program once the trial has gone well."""
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
        held = self._lifeline.keep_across_exec()
        pids = [str(child.process.pid) for child in children]
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
        os.execv(sys.executable, (sys.executable, *MODULE, self._arguments[0], str(held), *pids))  # noqa: S606  # ourselves


def _is_running(pid: int) -> bool:
    """Whether this child of ours, of another program's time, has not ended; takes note of its end."""
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
