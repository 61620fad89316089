"""A supervisor that keeps child processes running and ends with all of them.

They are forked from this process, so that the loaded code is in memory once. A child that ends is started again; one
that keeps ending at once stops the supervisor.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from petstore.server.parent_watchdog import ParentWatchdog
from petstore.server.stop_signals import STOP_SIGNALS

STOP_SECONDS = 3.5
QUICK_DEATH_SECONDS = 5.0
MAX_QUICK_DEATHS = 5
PAUSE_SECONDS = 0.5
TICK_SECONDS = 0.2

_fork = multiprocessing.get_context("fork")


@dataclass(slots=True)
class Child:
    """A child process that should always run.

    Attributes:
        run: its work; it ends on SIGTERM within a few seconds.
    """

    name: str
    run: Callable[[], object]
    watchdog: ParentWatchdog
    process: BaseProcess = field(init=False)
    started_at: float = 0.0
    ended_at: float = 0.0
    quick_deaths: int = 0

    def start_process(self) -> None:
        """Fork the process; signals are blocked until it is ready for them."""
        self.started_at = time.monotonic()
        self.process = _fork.Process(target=self._run_in_child, name=self.name, daemon=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self.process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        write_to_log(f"{self.name} is process {self.process.pid}")

    def _run_in_child(self) -> None:
        """Run in the child, in its own process group: a Ctrl-C reaches the parent only, which passes it on."""
        os.setpgid(0, 0)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, _stop_on_hangup)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        self.watchdog.watch_parent()
        self.run()

    def restart_if_dead(self) -> None:
        """Start the process again if it has ended, with growing pauses if it ends at once."""
        if self.process.is_alive():
            return
        now = time.monotonic()
        if self.ended_at < self.started_at:
            self.ended_at = now
            self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_DEATH_SECONDS else 0
            write_to_log(f"{self.name} ended with {self.process.exitcode}")
        if now - self.ended_at >= self.quick_deaths * PAUSE_SECONDS and not self.is_hopeless:
            self.start_process()

    @property
    def is_hopeless(self) -> bool:
        return self.quick_deaths > MAX_QUICK_DEATHS


Step = Callable[[Sequence[Child]], None]


def _stop_on_hangup(*_: object) -> None:
    """Take SIGHUP as SIGTERM in a process that cannot drain."""
    os.kill(os.getpid(), signal.SIGTERM)


def supervise_children(children: Sequence[Child], stop: threading.Event, also: Sequence[Step] = ()) -> int:
    """Run the children and the steps until told to stop; returns the exit code."""
    for child in children:
        child.start_process()
    while not stop.wait(TICK_SECONDS):
        for child in children:
            child.restart_if_dead()
        for step in also:
            step(children)
        hopeless = [child.name for child in children if child.is_hopeless]
        if hopeless:
            write_to_log(f"{hopeless[0]} keeps ending at once; all processes are stopped")
            end_children(children)
            return 1
    end_children(children)
    return 0


def end_children(children: Sequence[Child]) -> None:
    """Send SIGTERM to all children, and kill those that have not ended after a few seconds."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.process.join(max(0.0, deadline - time.monotonic()))
        child.process.kill()
        child.process.join()


def write_to_log(sentence: str) -> None:
    """Write a line to stderr, as the log does."""
    sys.stderr.write(f"{sentence}\n")
