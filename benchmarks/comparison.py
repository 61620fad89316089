"""`benchmarks/run`: our server, its peers and the bare database, in one run on one machine."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import bare, machine
from benchmarks.bare import BareDatabase
from benchmarks.console import RESULTS, run_with_signals
from benchmarks.contestants import PEER_SERVERS, SHOP, Contestant
from benchmarks.load import require_program
from benchmarks.operations import OPERATIONS
from benchmarks.ours import OUR_SERVERS, RATE_LIMIT, with_rate_limit
from benchmarks.places import Place, open_temporary_place
from benchmarks.plot import save_comparison
from benchmarks.report import Comparison
from benchmarks.rounds import measure_interleaved
from benchmarks.seeds import Store
from benchmarks.sites import Site, open_proven_site

WARM_UP_SECONDS = 2
GROUPS = {"all": (*OUR_SERVERS, *PEER_SERVERS), "peers": PEER_SERVERS, "ours": OUR_SERVERS}


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    seconds: int
    rounds: int
    store: Store
    contestants: Sequence[Contestant]


def parse_command_line(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of load for each measurement (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers and operations (3)")
    parser.add_argument("--orders", type=int, default=10_000, help="in every database (10000)")
    parser.add_argument("--pets", type=int, default=60_000, help="for sale; each POST needs another (60000)")
    parser.add_argument("--quick", action="store_true", help="one round of 3 seconds")
    parser.add_argument("--only", choices=GROUPS, default="all", help="whom to run (all)")
    parser.add_argument("--rate-limit", default=RATE_LIMIT, help=f"of our server: a rate, or off ({RATE_LIMIT})")
    given = parser.parse_args(arguments)
    return Options(
        seconds=3 if given.quick else given.seconds,
        rounds=1 if given.quick else given.rounds,
        store=Store(orders=given.orders, pets=given.pets),
        contestants=[with_rate_limit(one, given.rate_limit) for one in GROUPS[given.only]],
    )


def compare_contestants(options: Options, place: Place) -> Comparison:
    """Set everybody up, warm up, measure in interleaved rounds, and take everything down again."""
    with ExitStack() as stack:
        sites = [
            stack.enter_context(
                open_proven_site(one, place, stack.enter_context(place.copy_seeded_database(one.family, one.slug)))
            )
            for one in options.contestants
        ]
        entrants: list[Site | BareDatabase] = [*sites]
        names = {one.slug: one.name for one in options.contestants}
        if any(one.family is SHOP for one in options.contestants):
            entrants.append(stack.enter_context(bare.copy_database_for_pgbench(place, SHOP)))
            names[bare.SLUG] = bare.NAME
        list(measure_interleaved(entrants, OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        found = list(measure_interleaved(entrants, OPERATIONS, options.rounds, options.seconds, "rounds"))
        return Comparison(names, found, {one.contestant.slug: one.measure_memory() for one in sites})


def run_comparison() -> None:
    """Run the comparison, print its tables, and leave them with JSON and a plot in `benchmarks/results/`."""
    options = parse_command_line()
    for program in ("wrk", "pgbench"):
        require_program(program)
    with open_temporary_place(options.store) as place:
        run = machine.describe_machine(place.cluster)
        comparison = compare_contestants(options, place)
    report = comparison.format_markdown_report(run)
    (RESULTS / "comparison.md").write_text(report)
    comparison.save_json(run, RESULTS / "comparison.json")
    if comparison.has_baseline:
        save_comparison(comparison, RESULTS / "comparison.svg")
    print(report)


if __name__ == "__main__":
    run_with_signals(run_comparison)
