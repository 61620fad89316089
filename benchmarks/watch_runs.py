"""`benchmarks/watches`: the memory of WatchOrder streams, and what gRPC adds to a store that does not use it.

(a) 500 streams on the one gRPC process of `serve --workers 1`, of five users: what each adds to the memory of that
process. (b) From the start of `serve` to its first 200, and (c) the memory of all its processes, the worker's too, with
GRPC_PORT and with GRPC_PORT=0 in turns. It needs what `benchmarks/run` needs, but for wrk and pgbench.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import httpx
import psutil

from benchmarks.console import run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.cpu import Memory, list_process_tree, measure_memory_of
from benchmarks.errors import BenchmarkError
from benchmarks.grpc_load import is_listening
from benchmarks.operations import token_for
from benchmarks.ours import ROOT, SERVE, with_rate_limit
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import free_port, run_server
from benchmarks.protocol_operations import name_grpc_address
from benchmarks.report import format_markdown_table, format_number
from benchmarks.seeds import CUSTOMER, PASSWORD, Store
from benchmarks.sites import Site, open_proven_site

PER_USER = 100
STREAMS = 500
WARM_UP = 20
SETTLE_SECONDS = 5.0
GOALS = {"kib": 40.0, "start": 0.3, "memory": 10.0}
SETTINGS = {"DJANGO_SETTINGS_MODULE": "petstore.settings.dev", "LOGIN_RATE_LIMIT": "off"}
HEADER = ["", "with", "without", "more", "goal"]
Started = tuple[float, float]
"""Seconds to the first 200, and MB of all processes (PSS)."""


def make_server(grpc_port: int) -> Contestant:
    """Describe a server with gRPC on a port, or, with 0, without it."""
    environment = {**SETTINGS, "GRPC_PORT": str(grpc_port)}
    command = "manage.py serve --workers=1 --port={port}"
    slug = f"ours-grpc-{'on' if grpc_port else 'off'}"
    return with_rate_limit(replace(SERVE, slug=slug, command=command, env=environment), "off")


def run_watches() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="benchmarks/watches", description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"that are open ({STREAMS})")
    parser.add_argument("--rounds", type=int, default=5, help="of starts with gRPC and without (5)")
    given = parser.parse_args()
    with open_temporary_place(Store(orders=1000, pets=2000)) as place:
        rows = [*_measure_streams(place, given.streams), *_measure_starts(place, given.rounds)]
    print(format_markdown_table(HEADER, rows))


def _measure_streams(place: Place, streams: int) -> Iterator[list[str]]:
    """Weigh the gRPC process with the streams and without; the first few streams load what all need."""
    server = make_server(free_port())
    with (
        place.copy_seeded_database(server.family, server.slug) as database,
        open_proven_site(server, place, database) as site,
    ):
        if not is_listening(name_grpc_address(site)):
            print("WatchOrder: left out, for nobody answers at GRPC_PORT.")
            return
        callers = _make_callers(site, streams)
        with _hold_streams(site, [caller[: WARM_UP + 1] for caller in callers]):
            time.sleep(SETTLE_SECONDS)
        time.sleep(SETTLE_SECONDS)
        process = psutil.Process(_find_grpc_process(site))
        before = measure_memory_of([process])
        with _hold_streams(site, callers):
            time.sleep(SETTLE_SECONDS)
            during = measure_memory_of([process])
        yield _format_stream_row("PSS", during.pss, before.pss, streams)
        yield _format_stream_row("RSS", during.rss, before.rss, streams)


def _format_stream_row(name: str, during: float, before: float, streams: int) -> list[str]:
    kib = (during - before) * 1024 / streams
    title = f"MB of the gRPC process ({name}), {streams} streams; more: KiB a stream"
    return [title, *map(format_number, (during, before, kib)), f"≤ {GOALS['kib']:.0f}"]


def _make_callers(site: Site, streams: int) -> list[list[str]]:
    """Have users place the orders that they will watch; a token and the orders of each."""
    pets = iter(site.place.store.list_pets_for_sale())
    next(pets)  # sold when the server was proven
    callers = []
    for number in range(-(-streams // PER_USER)):
        token = token_for(site.base_url, f"{CUSTOMER}{number + 1}", PASSWORD, "token")
        with httpx.Client(base_url=site.base_url, headers={"Authorization": f"Bearer {token}"}) as client:
            count = min(PER_USER, streams - number * PER_USER)
            answers = [client.post("/v1/orders", json={"petId": str(next(pets))}) for _ in range(count)]
        callers.append([token, *(str(answer.raise_for_status().json()["id"]) for answer in answers)])
    return callers


@contextmanager
def _hold_streams(site: Site, callers: Sequence[Sequence[str]]) -> Iterator[None]:
    """Open the streams in another process, hold them for the block, and make sure that all were open to its end.

    Raises:
        BenchmarkError: when some were refused or ended.
    """
    command = (sys.executable, "-m", "benchmarks.watch_client", name_grpc_address(site))
    words = "".join(f"{' '.join(caller)}\n" for caller in callers)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise BenchmarkError("A process without pipes.")
        process.stdin.write(f"{words}\n")
        process.stdin.flush()
        if process.stdout.readline() != "open\n":
            raise BenchmarkError("The streams could not be opened.")
        yield
        ended = process.communicate("\n", timeout=60)[0].strip()
        if ended != "0":
            raise BenchmarkError(f"Some streams ended too soon: {ended}")


def _find_grpc_process(site: Site) -> int:
    """Name the gRPC process, as the server's log tells it."""
    found = re.findall(r"^grpc is process (\d+)$", site.log.read_text(errors="replace"), re.MULTILINE | re.IGNORECASE)
    if not found:
        raise BenchmarkError("The server's log names no gRPC process.")
    return int(found[-1])


def _measure_starts(place: Place, rounds: int) -> Iterator[list[str]]:
    """Start servers with gRPC and without in turns."""
    port = free_port()
    found: dict[bool, list[Started]] = {True: [], False: []}
    for number in range(-1, rounds):
        for has_grpc in (True, False) if number % 2 else (False, True):
            started = _measure_start(place, make_server(port if has_grpc else 0))
            if number >= 0:
                found[has_grpc].append(started)
    for title, index, goal in (("seconds to the first 200", 0, "start"), ("MB of all processes (PSS)", 1, "memory")):
        on, off = (median(started[index] for started in found[has_grpc]) for has_grpc in (True, False))
        yield [f"{title}, GRPC_PORT on and 0", *map(format_number, (on, off, on - off)), f"≤ {GOALS[goal]:g}"]


def _measure_start(place: Place, server: Contestant) -> Started:
    """Start a server, time its first 200, and weigh it once it has settled."""
    port, log = free_port(), place.directory / f"{server.slug}.log"
    url = place.cluster.build_database_url(place.seed_template_database(server.family))
    environment = {**server.family.env, **server.env, "DATABASE_URL": url}
    began = time.perf_counter()
    with run_server(server.build_command_line(port), server.cwd, environment, port, log) as pid:
        while httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code != httpx.codes.OK:
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        time.sleep(SETTLE_SECONDS)
        return seconds, _weigh_processes(pid).pss


def _weigh_processes(pid: int) -> Memory:
    return measure_memory_of(list_process_tree(pid))


if __name__ == "__main__":
    run_with_signals(run_watches)
