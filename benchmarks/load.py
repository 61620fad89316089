"""The load: wrk with 16 connections, and pgbench for the bare database."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.errors import BenchmarkError
from benchmarks.measurements import Load
from benchmarks.operations import Operation

CONNECTIONS = 16
THREADS = 2
GRACE_SECONDS = 30
TICK_SECONDS = 0.25
HERE = Path(__file__).parent
PACKAGES = {"wrk": "wrk", "pgbench": "postgresql-contrib", "node": "nodejs", "npm": "npm"}


@dataclass(frozen=True)
class Span:
    """The seconds of load, and a function that is called every quarter of a second meanwhile."""

    seconds: int
    tick: Callable[[], None]


@dataclass(frozen=True)
class Sources:
    """What the requests of a load draw from.

    Attributes:
        credential: the header that says who calls, where that is one for all.
        ids: the file of ids.
        callers: the file of those who call, in the place of a credential (see wrk/requests.lua).
    """

    credential: str | None = None
    ids: Path | None = None
    callers: Path | None = None


def require_program(program: str) -> None:
    """Make sure that a load generator is installed.

    Raises:
        BenchmarkError: when it is not; the message names its Debian package.
    """
    if shutil.which(program) is None:
        raise BenchmarkError(f"{program} is not installed: `apt install {PACKAGES[program]}`.")


def run_wrk(base_url: str, operation: Operation, sources: Sources, span: Span) -> Load:
    """Put one operation of one server under load for some seconds.

    Args:
        base_url: where the server listens.
        operation: what is asked for.
        sources: whom and what it draws from.
        span: how long.

    Raises:
        BenchmarkError: when there was no answer in that time.
    """
    credential, ids, callers = sources.credential, sources.ids, sources.callers
    threads, connections = (1, 1) if operation.is_page else (THREADS, CONNECTIONS)
    command = [
        "wrk", f"-t{threads}", f"-c{connections}", f"-d{span.seconds}s", "--timeout=10s",
        f"-s{HERE / 'wrk' / 'requests.lua'}",
        f"-HContent-Type: {operation.content_type}", *([f"-H{credential}"] if credential else []),
        base_url, "--", operation.method, operation.path, str(ids or "-"), operation.mode, str(threads), operation.body,
        str(callers or "-"),
    ]  # fmt: skip
    load = Load(**json.loads(_run_while_sampling(command, span).splitlines()[-1]))
    if not load.requests:
        raise BenchmarkError(f"{operation.title}: no answer within {span.seconds} s; give it more --seconds.")
    return load


def run_pgbench(url: str, script: Path, directory: Path, variables: dict[str, int], span: Span) -> Load:
    """Run a script of SQL, prepared, from as many connections.

    Args:
        url: the database's.
        script: the SQL.
        directory: where pgbench may leave its log.
        variables: values for the script.
        span: how long.
    """
    prefix = directory / f"pgbench-{script.stem}-{time.monotonic_ns()}"
    command = [
        "pgbench", "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", f"--jobs={THREADS}",
        f"--time={span.seconds}", "--log", f"--log-prefix={prefix}",
        f"--file={script}",
        *(f"--define={name}={value}" for name, value in {**variables, "clients": CONNECTIONS, "sold": 0}.items()),
        url,
    ]  # fmt: skip
    _run_while_sampling(command, span)
    return _load_of(sorted(directory.glob(f"{prefix.name}*")), span.seconds)


def _load_of(logs: Sequence[Path], seconds: int) -> Load:
    latencies = [int(line.split()[2]) / 1000 for log in logs for line in log.read_text().splitlines()]
    cuts = quantiles(latencies, n=100)
    return Load(requests=len(latencies), seconds=seconds, p50=cuts[49], p99=cuts[98], refused=0, broken=0)


def _run_while_sampling(command: Sequence[str], span: Span) -> str:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + span.seconds + GRACE_SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
            span.tick()
            time.sleep(TICK_SECONDS)
        output, errors = process.communicate()
    if process.returncode:
        raise BenchmarkError(f"{' '.join(command)} failed ({process.returncode}):\n{output[-1000:]}{errors[-1000:]}")
    return output
