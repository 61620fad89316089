"""Servers started, waited for, and stopped, each by its own process id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.errors import BenchmarkError

START_SECONDS = 120
STOP_SECONDS = 10
POLL_SECONDS = 0.02


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_server(command: Sequence[str], cwd: Path, env: Mapping[str, str], port: int, log: Path) -> Iterator[int]:
    """Start a server in a session of its own, give its process id once it answers, and stop it afterwards.

    Raises:
        BenchmarkError: when it does not answer within two minutes; the message has the end of its log.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **env}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_answering(process, port, log)
        yield process.pid
    finally:
        _stop_process(process)


def last_lines(log: Path, count: int = 20) -> str:
    """Read the end of a server's log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def run_command_to_end(command: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: int = 600) -> str:
    """Run a command to its end and return what it prints.

    Raises:
        BenchmarkError: when it fails.
    """
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _wait_until_answering(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for an answer of any status: a socket may listen before its application is loaded."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/")
            connection.getresponse()
            return
        time.sleep(POLL_SECONDS)
    raise BenchmarkError(f"{process.args!r} does not answer on port {port}. Its log ends:\n{last_lines(log)}")


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
