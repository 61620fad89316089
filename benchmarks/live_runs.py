"""`benchmarks/live`: what web sockets, support chat and order events cost.

(a) Chat sockets that say nothing, on one web process: the memory that each adds. (b) Customers who write a message a
second each to one agent who has joined all their rooms, on two web processes: the time from a message's sending to the
agent's socket, and that of GET one order beside it and without it. (c) Watchers of orders, on three web processes: when
the orders are cancelled, the time from each answer to the last of the order's watchers. It needs what `benchmarks/run`
needs, but for wrk and pgbench.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any, Final

import httpx
import psutil

from benchmarks.console import run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.cpu import find_child_process, measure_memory_of
from benchmarks.errors import BenchmarkError
from benchmarks.ours import ROOT, SERVE, with_rate_limit
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import run_command_to_end
from benchmarks.report import format_markdown_table, format_number
from benchmarks.seeds import STAFF, Store
from benchmarks.sites import Site, open_proven_site

SETTLE_SECONDS: Final = 5.0
PER_USER: Final = 10
WARM_UP: Final = 20
PER_ORDER: Final = 10
GET_PAUSE: Final = 0.02
HEADER: Final = ["", "found", "goal"]
Row = list[str]


class Clients:
    """A process of clients, which says what it has heard at the end.

    Attributes:
        words: what it has said last.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take over a process; raises BenchmarkError where it has no pipes."""
        if process.stdin is None or process.stdout is None:
            raise BenchmarkError("A process without pipes.")
        self._process, self._input, self._output = process, process.stdin, process.stdout
        self.words: list[str] = []
        self.report: dict[str, Any] = {}

    def hear_words(self, expected: str) -> None:
        """Wait until it says this; raises BenchmarkError where it says something else."""
        self.words = self._output.readline().split()
        if self.words[:1] != [expected]:
            raise BenchmarkError("The clients could not do it; their error is above.")

    def write_lines(self, lines: Sequence[str] = ()) -> None:
        """Write lines, and an empty one: have it go on."""
        self._input.write("".join(f"{line}\n" for line in (*lines, "")))
        self._input.flush()

    def end(self) -> None:
        """End its input, and take its report."""
        self.report = json.loads(self._process.communicate(timeout=60)[0])


@contextmanager
def run_clients(site: Site, kind: str, lines: Sequence[str]) -> Iterator[Clients]:
    """Run clients of `benchmarks.live_clients`, which are open in the block; their report is there after it."""
    command = (sys.executable, "-m", "benchmarks.live_clients", kind, site.base_url.replace("http:", "ws:"))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        clients = Clients(process)
        try:
            clients.write_lines(lines)
            clients.hear_words("open")
            yield clients
            clients.end()
        finally:
            process.kill()


def run_live() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(prog="benchmarks/live", description=__doc__)
    parser.add_argument("--idle", type=int, default=2000, help="chat sockets that say nothing; 0: leave out (2000)")
    parser.add_argument("--customers", type=int, default=500, help="who write; 0: leave out (500)")
    parser.add_argument("--seconds", type=int, default=30, help="for which they write (30)")
    parser.add_argument("--watchers", type=int, default=1000, help="of orders; 0: leave out (1000)")
    given = parser.parse_args()
    rows: list[Row] = []
    with open_temporary_place(Store(orders=1000, pets=2000)) as place:
        if given.idle:
            rows += _measure_idle_sockets(place, given.idle)
        if given.customers:
            rows += _measure_conversations(place, given.customers, given.seconds)
        if given.watchers:
            rows += _measure_watchers(place, given.watchers)
    print(format_markdown_table(HEADER, rows))


@contextmanager
def _open_site(place: Place, workers: int, people: int) -> Iterator[tuple[Site, list[str]]]:
    """Start a server without rate limits, with customers who have tokens."""
    settings = {"DJANGO_SETTINGS_MODULE": "petstore.settings.dev", "LOGIN_RATE_LIMIT": "off", "GRPC_PORT": "0"}
    command = f"manage.py serve --workers={workers} --port={{port}}"
    server = with_rate_limit(replace(SERVE, slug=f"ours-live-{workers}", command=command, env=settings), "off")
    with (
        place.copy_seeded_database(server.family, server.slug) as database,
        open_proven_site(server, place, database) as site,
    ):
        yield site, _make_tokens(server, site, people)


def _make_tokens(server: Contestant, site: Site, people: int) -> list[str]:
    url = site.place.cluster.build_database_url(site.database)
    environment = {**server.family.env, **server.env, "DATABASE_URL": url}
    command = (sys.executable, "-m", "benchmarks.live_people", str(people))
    return run_command_to_end(command, ROOT, environment).split()


def _measure_idle_sockets(place: Place, sockets: int) -> Iterator[Row]:
    with _open_site(place, 1, -(-sockets // PER_USER)) as (site, tokens):
        lines = [tokens[number // PER_USER] for number in range(sockets)]
        with run_clients(site, "idle", lines[: WARM_UP + 1]):
            time.sleep(SETTLE_SECONDS)
        time.sleep(SETTLE_SECONDS)
        process = psutil.Process(find_child_process(site.log, "web 1"))
        before, spent = measure_memory_of([process]), sum(process.cpu_times()[:2])
        began = time.monotonic()
        with run_clients(site, "idle", lines) as clients:
            opened, entered = time.monotonic() - began, sum(process.cpu_times()[:2]) - spent
            time.sleep(SETTLE_SECONDS)
            during, spent, began = measure_memory_of([process]), sum(process.cpu_times()[:2]), time.monotonic()
            time.sleep(2 * SETTLE_SECONDS)
            share = (sum(process.cpu_times()[:2]) - spent) / (time.monotonic() - began)
        if clients.report["open"] != sockets:
            raise BenchmarkError(f"Only {clients.report['open']} sockets stayed open.")
    kib = (during.pss - before.pss) * 1024 / sockets
    title = f"{sockets} idle chat sockets on one web process"
    yield [f"{title}: KiB of PSS a socket", format_number(kib), "≤ 40"]
    yield [f"{title}: seconds to open them (CPU of the process)", f"{opened:.1f} ({entered:.1f})", ""]
    yield [f"{title}: % of a core meanwhile", format_number(100 * share), ""]


def _measure_conversations(place: Place, customers: int, seconds: int) -> Iterator[Row]:
    with _open_site(place, 2, customers) as (site, tokens):
        quiet = _measure_reading(site, seconds / 3)
        with run_clients(site, "customers", tokens) as writing:
            rooms = writing.words[1:]
            with run_clients(site, "agent", [site.tokens[STAFF], *rooms]) as agent:
                writing.write_lines()
                writing.hear_words("writing")
                busy = _measure_reading(site, seconds)
                writing.end()
                time.sleep(2)
    heard, delivered = sorted(agent.report["seconds"]), writing.report["delivered"]
    if writing.report["errors"] or len(heard) != delivered:
        raise BenchmarkError(f"Heard {len(heard)} of {delivered} messages; {writing.report['errors']} errors.")
    cuts = quantiles(heard, n=100)
    title = f"{customers} customers, {len(heard) / seconds:.0f} messages a second, one agent"
    yield [f"{title}: ms from sending to the agent, p50", format_number(1000 * cuts[49]), ""]
    yield [f"{title}: the same, p99", format_number(1000 * cuts[98]), "≤ 1000"]
    yield [f"{title}: the same, the slowest", format_number(1000 * heard[-1]), ""]
    yield ["GET one order, ms p50, quiet", format_number(1000 * quiet), ""]
    yield ["GET one order, ms p50, meanwhile", format_number(1000 * busy), "≤ 1.3 × quiet"]


def _measure_reading(site: Site, seconds: float) -> float:
    """Read orders one after another, with pauses, and return the median of what one takes."""
    orders = list(site.place.store.list_anonymous_orders())
    taken: list[float] = []
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=site.base_url) as client:
        while time.monotonic() < deadline:
            began = time.perf_counter()
            client.get(f"/v1/orders/{orders[len(taken) % len(orders)]}").raise_for_status()
            taken.append(time.perf_counter() - began)
            time.sleep(GET_PAUSE)
    return median(taken)


def _measure_watchers(place: Place, watchers: int) -> Iterator[Row]:
    number = -(-watchers // PER_ORDER)
    with _open_site(place, 3, -(-number // PER_USER)) as (site, tokens):
        orders = _place_orders(site, tokens, number)
        lines = [f"{token} {order}" for token, order in orders for _ in range(PER_ORDER)]
        with run_clients(site, "watchers", lines) as clients:
            time.sleep(SETTLE_SECONDS)
            cancelled = _cancel_orders(site, orders)
            time.sleep(SETTLE_SECONDS)
    last: dict[str, float] = {}
    for order, at in clients.report["heard"]:
        last[order] = max(at - cancelled[order], last.get(order, 0.0))
    if len(clients.report["heard"]) != len(lines):
        raise BenchmarkError(f"Only {len(clients.report['heard'])} of {len(lines)} watchers heard it.")
    title = f"{len(lines)} watchers of {number} orders that are cancelled: seconds to the last watcher"
    yield [f"{title}, p50 of the orders", format_number(median(last.values())), ""]
    yield [f"{title}, the slowest", format_number(max(last.values())), "≤ 2"]


def _place_orders(site: Site, tokens: Sequence[str], number: int) -> list[tuple[str, str]]:
    """Have each customer place ten orders; return them with the token of who has placed it."""
    pets = iter(site.place.store.list_pets_for_sale())
    next(pets)  # sold when the server was proven
    placed = []
    for place in range(number):
        token = tokens[place // PER_USER]
        headers = {"Authorization": f"Bearer {token}"}
        body = {"petId": str(next(pets))}
        answer = httpx.post(f"{site.base_url}/v1/orders", json=body, headers=headers, timeout=30)
        placed.append((token, str(answer.raise_for_status().json()["id"])))
    return placed


def _cancel_orders(site: Site, orders: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Cancel orders, several at a time; return when the answer to each was there."""
    cancelled: dict[str, float] = {}
    go = Event()

    def cancel(part: Sequence[tuple[str, str]]) -> None:
        go.wait()
        for token, order in part:
            headers = {"Authorization": f"Bearer {token}"}
            httpx.delete(f"{site.base_url}/v1/orders/{order}", headers=headers, timeout=30).raise_for_status()
            cancelled[order] = time.monotonic()

    threads = [Thread(target=cancel, args=(orders[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    return cancelled


if __name__ == "__main__":
    run_with_signals(run_live)
