"""The orders that `serve` places in a second, beside those that its worker seals and publishes in one.

`uv run --group bench python -m benchmarks.worker_drain`; needs what `benchmarks/run` needs, but for pgbench. In each
round the worker is frozen while orders are placed, so that they have the machine for themselves, and then empties the
outbox alone. It has to be twice as fast, or an outbox that was once behind would stay so.
"""

import argparse
import os
import signal
import time
from statistics import median

import psycopg
from tqdm import trange

from benchmarks.console import run_with_signals
from benchmarks.errors import BenchmarkError
from benchmarks.load import Sources, Span, require_program, run_wrk
from benchmarks.operations import POST
from benchmarks.ours import SERVE
from benchmarks.places import open_temporary_place
from benchmarks.seeds import Store
from benchmarks.sites import Site, open_proven_site

STORE = Store(orders=10_000, pets=40_000)
WAITING = "SELECT count(*) FROM events_pendingevent"
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.02
GOAL = 2


def run_drain() -> None:
    """Measure in rounds, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    given = parser.parse_args()
    require_program("wrk")
    with (
        open_temporary_place(STORE) as place,
        place.copy_seeded_database(SERVE.family, SERVE.slug) as database,
        open_proven_site(SERVE, place, database) as site,
    ):
        rounds = [_measure_round(site, given.seconds) for _ in trange(given.rounds)]
    placed, drained = (median(one[place] for one in rounds) for place in (0, 1))
    ratio = median(one[1] / one[0] for one in rounds)
    print(f"load average {os.getloadavg()[0]:.2f}, {given.rounds} rounds")
    print(f"placed {placed:.0f} orders a second, sealed and published {drained:.0f}: {ratio:.2f} × (goal {GOAL})")


def _measure_round(site: Site, seconds: int) -> tuple[float, float]:
    """Return the orders a second that were placed, and those that the worker then took out of the outbox."""
    worker = site.find_worker
    if worker is None:
        raise BenchmarkError("The server has no worker.")
    with psycopg.connect(site.place.cluster.build_database_url(site.database), autocommit=True) as connection:
        _wait_for_empty_outbox(connection)
        os.kill(worker, signal.SIGSTOP)
        try:
            placed = _place_orders(site, seconds)
            waiting = _count_waiting(connection)
        finally:
            os.kill(worker, signal.SIGCONT)
        begun = time.monotonic()
        _wait_for_empty_outbox(connection)
        drained = waiting / (time.monotonic() - begun)
    site.reset_seeded_rows()
    return placed, drained


def _place_orders(site: Site, seconds: int) -> float:
    """Place orders for some seconds and return how many a second were."""
    sources = Sources(site.build_credential_header(POST), site.place.find_ids_file(POST))
    load = run_wrk(site.base_url, POST, sources, Span(seconds, lambda: None))
    return (load.requests - load.refused) / load.seconds


def _wait_for_empty_outbox(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _count_waiting(connection):
        if time.monotonic() > deadline:
            raise BenchmarkError("The worker does not empty the outbox.")
        time.sleep(POLL_SECONDS)


def _count_waiting(connection: "psycopg.Connection[tuple[object, ...]]") -> int:
    row = connection.execute(WAITING).fetchone()
    return int(str(row[0])) if row else 0


if __name__ == "__main__":
    run_with_signals(run_drain)
