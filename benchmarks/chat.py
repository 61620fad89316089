"""The cost of the advisor's answers: `uv run --group bench python -m benchmarks.chat`.

(a) The first chunk of an embedded answer, and GET of one order, in turns on the same server. (b) GET of one order
beside open streams from a slow model, and without them, in one web process, and what each stream costs of its memory.
It needs what `benchmarks/run` needs.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from benchmarks.console import run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.errors import BenchmarkError
from benchmarks.operations import token_for
from benchmarks.ours import ROOT, SERVE
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import free_port, run_server
from benchmarks.seeds import CUSTOMER, PASSWORD, Store
from benchmarks.sites import Site, open_proven_site

GOALS = {"first": 3.0, "beside": 1.2, "kib": 64.0}
PER_USER = 8
WARM_UP = 50
SETTLE_SECONDS = 5.0
QUESTION = {"messages": [{"role": "user", "content": "How do I feed a young rabbit?"}], "stream": True}
ONE_PROCESS = replace(
    SERVE,
    command="manage.py serve --workers=1 --port={port}",
    env={"LOGIN_RATE_LIMIT": "off", "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"},
)


class Caller:
    """A caller on one connection, who reads an answer up to some bytes and then to its end."""

    def __init__(self, base_url: str, token: str) -> None:
        address = urlsplit(base_url)
        self._connection = socket.create_connection((address.hostname or "", address.port or 0), 30)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"

    def time_order(self, order: str) -> float:
        """Return the seconds until an order has come whole."""
        return self._time(f"GET /v1/orders/{order} HTTP/1.1\r\n{self._head}\r\n".encode(), b"}", b"}")

    def time_first_chunk(self) -> float:
        """Return the seconds until the first chunk has come; the rest is read afterwards."""
        body = json.dumps(QUESTION).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
        return self._time(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body, b"data: ", b"0\r\n\r\n")

    def _time(self, request: bytes, first: bytes, last: bytes) -> float:
        began = time.perf_counter()
        self._connection.sendall(request)
        received, seconds = b"", 0.0
        while not received.endswith(last):
            part = self._connection.recv(65536)
            if not part or (not received and b" 20" not in part[:13]):
                raise BenchmarkError(f"Refused: {part[:300]!r}")
            received += part
            if not seconds and first in received:
                seconds = time.perf_counter() - began
        return seconds


def run_chatting() -> None:
    """Measure both, and print them as ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500, help="of each kind in a measurement (500)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument("--streams", type=int, default=200, help="that are open (200)")
    given = parser.parse_args()
    with open_temporary_place(Store(orders=1000, pets=1000)) as place:
        first = _measure_first_chunk(place, given.requests, given.rounds)
        beside, kib = _measure_beside_streams(place, given.requests, given.rounds, given.streams)
    print(f"{'measurement':50} {'ratio':>8} {'goal':>6}")
    _print_line("first chunk of an embedded answer : GET order, p50", first, GOALS["first"])
    _print_line(f"GET order beside {given.streams} streams : without, p50", beside, GOALS["beside"])
    _print_line(f"KiB for each of {given.streams} streams (PSS)", kib, GOALS["kib"])


def _print_line(name: str, figure: float, goal: float) -> None:
    print(f"{name:50} {figure:8.2f} {goal:6.1f}{'' if figure <= goal else '  missed'}")


def _measure_first_chunk(place: Place, requests: int, rounds: int) -> float:
    with _open_site(place, ONE_PROCESS, "first") as site:
        caller, order = _make_caller(site), str(next(place.store.list_anonymous_orders()))
        ratios: list[float] = []
        for number in range(rounds + 1):
            span = requests if number else WARM_UP
            pairs = [(caller.time_order(order), caller.time_first_chunk()) for _ in range(span)]
            orders, chunks = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
            if number:
                print(f"  GET order {orders:7.0f} µs, first chunk {chunks:7.0f} µs")
                ratios.append(chunks / orders)
        return statistics.median(ratios)


def _measure_beside_streams(place: Place, requests: int, rounds: int, streams: int) -> tuple[float, float]:
    port = free_port()
    model = (sys.executable, "-m", "benchmarks.slow_model", str(port))
    chat = {"CHAT_BASE_URL": f"http://127.0.0.1:{port}/v1", "CHAT_MODEL": "slow", "CHAT_TIMEOUT": "3600"}
    entrant = replace(ONE_PROCESS, env={**ONE_PROCESS.env, **chat})
    with (
        run_server(model, ROOT, {}, port, place.directory / "model.log"),
        _open_site(place, entrant, "beside") as site,
    ):
        order = str(next(place.store.list_anonymous_orders()))
        users = range(1, -(-streams // PER_USER) + 1)
        tokens = [token_for(site.base_url, f"{CUSTOMER}{number}", PASSWORD, "token") for number in users]
        _hold_streams(site, tokens, min(streams, 20)).close()  # the first ones load what all need
        ratios, costs = [], []
        for _ in range(rounds):
            alone = _time_orders(site, order, requests)
            before = site.measure_memory().pss
            with ExitStack() as stack:
                stack.callback(_hold_streams(site, tokens, streams).close)
                time.sleep(SETTLE_SECONDS)
                costs.append((site.measure_memory().pss - before) * 1024 / streams)
                beside = _time_orders(site, order, requests)
            print(f"  GET order {alone:7.0f} µs, beside streams {beside:7.0f} µs; {costs[-1]:5.1f} KiB a stream")
            ratios.append(beside / alone)
            time.sleep(SETTLE_SECONDS)
        return statistics.median(ratios), max(costs)


def _time_orders(site: Site, order: str, requests: int) -> float:
    caller = _make_caller(site)
    for _ in range(WARM_UP):
        caller.time_order(order)
    return statistics.median(caller.time_order(order) for _ in range(requests)) * 1e6


class _Held:
    """Streams that another process holds."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def close(self) -> None:
        """Let them go."""
        self._process.communicate(timeout=60)


def _hold_streams(site: Site, tokens: list[str], streams: int) -> _Held:
    command = (sys.executable, "-m", "benchmarks.open_streams", site.base_url, str(streams))
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdin is None or process.stdout is None:
        raise BenchmarkError("A process without pipes.")
    process.stdin.write(" ".join(tokens) + "\n")
    process.stdin.flush()
    if process.stdout.readline() != "open\n":
        raise BenchmarkError("The streams could not be opened.")
    return _Held(process)


def _make_caller(site: Site) -> Caller:
    return Caller(site.base_url, site.tokens[f"{CUSTOMER}1"])


@contextmanager
def _open_site(place: Place, entrant: Contestant, slug: str) -> Iterator[Site]:
    named = replace(entrant, slug=slug)
    with place.copy_seeded_database(named.family, slug) as database, open_proven_site(named, place, database) as site:
        yield site


if __name__ == "__main__":
    run_with_signals(run_chatting)
