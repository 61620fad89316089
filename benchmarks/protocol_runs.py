"""`benchmarks/protocols`: what a read of orders costs by each protocol, beside the same by REST.

Each read and REST's are measured in turns on one server: GraphQL and SOAP on `serve --workers 2`; gRPC, which has one
process, on `serve --workers 1`. The ratios are medians of those of each turn, so that whatever else the machine does
weighs on both alike. It needs what `benchmarks/run` needs, but for pgbench.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median

import httpx
from tqdm import tqdm

from benchmarks import machine
from benchmarks.console import RESULTS, run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.grpc_load import is_listening, run_grpc
from benchmarks.load import require_program
from benchmarks.measurements import Measurement, Summary
from benchmarks.operations import Operation
from benchmarks.ours import SERVE, with_rate_limit
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import free_port
from benchmarks.protocol_operations import GRPC_GET, PAIRS, Pair, name_grpc_address
from benchmarks.report import format_markdown_table, format_number, format_summary_cells
from benchmarks.seeds import Store
from benchmarks.sites import Site, open_proven_site

WARM_UP_SECONDS = 1
SETTINGS = {"DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
HEADER = [
    "", "req/s", "× REST", "CPU µs server", "CPU µs PostgreSQL", "p50 ms", "p99 ms", "p99/p50", "not 2xx", "broken",
    "goal",
]  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """A read by REST and the same by another protocol, one right after the other."""

    rest: Measurement
    other: Measurement


def choose_server(pair: Pair) -> Contestant:
    """Choose the server for a pair: gRPC's one process beside one web process, otherwise two web processes."""
    if pair.other is not GRPC_GET:
        return with_rate_limit(replace(SERVE, env={**SETTINGS, "GRPC_PORT": "0"}), "off")
    return with_rate_limit(
        replace(
            SERVE,
            slug="ours-grpc",
            command="manage.py serve --workers=1 --port={port}",
            env={**SETTINGS, "GRPC_PORT": str(free_port())},
        ),
        "off",
    )


def run_protocols() -> None:
    """Measure in rounds, and print the table, which is also left in `benchmarks/results/`."""
    parser = argparse.ArgumentParser(prog="benchmarks/protocols", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each measurement (4)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--only", choices=[pair.other.slug for pair in PAIRS], help="the read to measure (all)")
    given = parser.parse_args()
    require_program("wrk")
    pairs = [pair for pair in PAIRS if given.only in (None, pair.other.slug)]
    with open_temporary_place(Store(orders=10_000, pets=1000)) as place, ExitStack() as stack:
        run = machine.describe_machine(place.cluster)
        sites = _open_sites(pairs, place, stack)
        offered = [pair for pair in pairs if _is_offered(pair, sites[pair.other.slug])]
        turns = _measure_turns(offered, sites, given.rounds, given.seconds)
    report = _format_report(run, offered, turns)
    if given.only is None and offered == list(PAIRS):
        (RESULTS / "protocols.md").write_text(report)
    print(report)


def _open_sites(pairs: Sequence[Pair], place: Place, stack: ExitStack) -> dict[str, Site]:
    """Open each server once, and name it by the reads that it answers."""
    sites: dict[str, Site] = {}
    for pair in pairs:
        server = choose_server(pair)
        known = next((site for site in sites.values() if site.contestant.slug == server.slug), None)
        if known is None:
            database = stack.enter_context(place.copy_seeded_database(server.family, server.slug))
            known = stack.enter_context(open_proven_site(server, place, database))
        sites[pair.other.slug] = known
    return sites


def _is_offered(pair: Pair, site: Site) -> bool:
    """Return whether the server has the protocol, whose answer must be REST's; say so where it has not."""
    if pair.path and httpx.get(f"{site.base_url}{pair.path}", timeout=10).status_code == httpx.codes.NOT_FOUND:
        print(f"{pair.other.title}: left out, for the server has no {pair.path}.")
        return False
    if not pair.path and not is_listening(name_grpc_address(site)):
        print(f"{pair.other.title}: left out, for nobody answers at GRPC_PORT.")
        return False
    pair.prove(site)
    return True


def _measure_turns(pairs: Sequence[Pair], sites: dict[str, Site], rounds: int, seconds: int) -> dict[str, list[Turn]]:
    """Measure all pairs in interleaved rounds, after one to warm up; every second round begins with the other one."""
    turns: dict[str, list[Turn]] = {pair.other.slug: [] for pair in pairs}
    for number in tqdm(range(-1, rounds), desc="rounds"):
        for pair in pairs:
            turn = _measure_turn(pair, sites[pair.other.slug], number, WARM_UP_SECONDS if number < 0 else seconds)
            if number >= 0:
                turns[pair.other.slug].append(turn)
    return turns


def _measure_turn(pair: Pair, site: Site, number: int, seconds: int) -> Turn:
    order = (pair.rest, pair.other) if number % 2 else (pair.other, pair.rest)
    found = {one.slug: _measure_operation(site, one, seconds) for one in order}
    return Turn(found[pair.rest.slug], found[pair.other.slug])


def _measure_operation(site: Site, operation: Operation, seconds: int) -> Measurement:
    ids = site.place.find_ids_file(operation)
    if operation is not GRPC_GET or ids is None:
        return site.measure_operation(operation, seconds)
    address = name_grpc_address(site)
    return site.measure_load(operation, seconds, lambda span: run_grpc(address, ids, span))


def _format_report(run: dict[str, str], pairs: Sequence[Pair], turns: dict[str, list[Turn]]) -> str:
    facts = "\n".join(f"* {key}: {value}" for key, value in run.items())
    rows = [row for pair in pairs for row in _format_rows(pair, turns[pair.other.slug])]
    return f"{facts}\n\n{format_markdown_table(HEADER, rows)}\n"


def _format_rows(pair: Pair, turns: Sequence[Turn]) -> Iterator[list[str]]:
    rest = Summary.summarize_measurements([turn.rest for turn in turns])
    other = Summary.summarize_measurements([turn.other for turn in turns])
    ratio = median(turn.other.rate / turn.rest.rate for turn in turns)
    yield [pair.rest.title, *format_summary_cells(rest, 1.0), ""]
    yield [pair.other.title, *format_summary_cells(other, ratio), f"≥ {format_number(pair.goal)}"]


if __name__ == "__main__":
    run_with_signals(run_protocols)
