"""Keeps the web processes and the background worker running; ends with all of them or none.

Runs as `python -m petstore.operations.supervisor DESCRIPTOR WEB_PROCESSES`, without Django, so that watching
costs next to no memory. Whoever dies is started again; whoever dies at once, again and again, stops it all.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from petstore.operations import lifeline

MULTIPROC_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
STOP_SECONDS = 3.5
QUICK_DEATH_SECONDS = 5.0
MAX_QUICK_DEATHS = 5
TICK_SECONDS = 0.2


@dataclass(slots=True)
class Child:
    """A process that is to run all the time."""

    name: str
    command: Sequence[str]
    descriptors: tuple[int, ...]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)
    started_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start it in a process group of its own: a Ctrl-C is ours to pass on."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own commands
            self.command, pass_fds=self.descriptors, env=self.environment, stdin=subprocess.DEVNULL, process_group=0
        )

    def revive(self) -> None:
        """Start it again if it has died, later and later when it dies at once."""
        if self.process.poll() is None:
            return
        lived = time.monotonic() - self.started_at
        if lived < min(self.quick_deaths, QUICK_DEATH_SECONDS):
            return
        self.quick_deaths = self.quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
        if not self.is_hopeless:
            _say(f"{self.name} ended with {self.process.returncode}; starting it again")
            self.start()

    @property
    def is_hopeless(self) -> bool:
        return self.quick_deaths > MAX_QUICK_DEATHS


def supervise(children: Sequence[Child], stop: threading.Event) -> int:
    """Run the children until told to stop; returns the exit code."""
    for child in children:
        child.start()
    while not stop.wait(TICK_SECONDS):
        for child in children:
            child.revive()
        hopeless = [child.name for child in children if child.is_hopeless]
        if hopeless:
            _say(f"{hopeless[0]} does not stay up; giving up")
            end(children)
            return 1
    end(children)
    return 0


def end(children: Sequence[Child]) -> None:
    """Ask all to stop, and kill who has not after a few seconds."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def main() -> int:
    """Supervise the web processes on the given socket, and one background worker."""
    listener, web_processes = int(sys.argv[1]), int(sys.argv[2])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ours, _theirs_ends_with_us = os.pipe()
    environment = os.environ | {lifeline.VARIABLE: str(ours)}
    figures = tempfile.mkdtemp(prefix="petstore-metrics-") if web_processes > 1 else ""
    if figures:
        environment[MULTIPROC_VARIABLE] = figures
    web = (sys.executable, "-m", "petstore.operations.web", str(listener))
    children = [Child(f"web {n + 1}", web, (listener, ours), environment) for n in range(web_processes)]
    worker = (sys.executable, "-m", "django", "run_worker")
    children.append(Child("worker", worker, (ours,), environment))
    try:
        return supervise(children, stop)
    finally:
        if figures:
            shutil.rmtree(figures, ignore_errors=True)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
