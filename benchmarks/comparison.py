"""`benchmarks/run`: our server, its peers and the bare database, in one run on one machine."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import bare, machine
from benchmarks.bare import BareDatabase
from benchmarks.console import RESULTS, politely
from benchmarks.contestants import PEER_SERVERS, SHOP, Contestant
from benchmarks.load import require
from benchmarks.operations import OPERATIONS
from benchmarks.ours import OUR_SERVERS, RATE_LIMIT, with_rate_limit
from benchmarks.places import Place, temporary_place
from benchmarks.plot import save_comparison
from benchmarks.report import Comparison
from benchmarks.rounds import interleaved
from benchmarks.seeding import Store
from benchmarks.sites import Site, site

WARM_UP_SECONDS = 2
GROUPS = {"all": (*OUR_SERVERS, *PEER_SERVERS), "peers": PEER_SERVERS, "ours": OUR_SERVERS}


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    seconds: int
    rounds: int
    store: Store
    contestants: Sequence[Contestant]


def options_from(arguments: Sequence[str] | None = None) -> Options:
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


def compare(options: Options, place: Place) -> Comparison:
    """Set everybody up, warm up, measure in interleaved rounds, and take everything down again."""
    with ExitStack() as stack:
        sites = [
            stack.enter_context(site(one, place, stack.enter_context(place.copy(one.family, one.slug))))
            for one in options.contestants
        ]
        entrants: list[Site | BareDatabase] = [*sites]
        names = {one.slug: one.name for one in options.contestants}
        if any(one.family is SHOP for one in options.contestants):
            entrants.append(stack.enter_context(bare.database(place, SHOP)))
            names[bare.SLUG] = bare.NAME
        list(interleaved(entrants, OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        found = list(interleaved(entrants, OPERATIONS, options.rounds, options.seconds, "rounds"))
        return Comparison(names, found, {one.contestant.slug: one.memory() for one in sites})


def main() -> None:
    """Run the comparison, print its tables, and leave them with JSON and a plot in `benchmarks/results/`."""
    options = options_from()
    for program in ("wrk", "pgbench"):
        require(program)
    with temporary_place(options.store) as place:
        run = machine.described(place.cluster)
        comparison = compare(options, place)
    report = comparison.markdown(run)
    (RESULTS / "comparison.md").write_text(report)
    comparison.save(run, RESULTS / "comparison.json")
    if comparison.has_baseline:
        save_comparison(comparison, RESULTS / "comparison.svg")
    print(report)


if __name__ == "__main__":
    politely(main)
