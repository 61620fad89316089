"""`benchmarks/run`: our server, its peers and the bare database, in one run on one machine."""

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import bare, machine
from benchmarks.bare import BareDatabase
from benchmarks.console import RESULTS, run_with_signals
from benchmarks.contestants import PEER_SERVERS, SHOP, Contestant
from benchmarks.documents import write_measured_block
from benchmarks.faithfulness import require_equal_work
from benchmarks.load import require_program
from benchmarks.operations import GET, OPERATIONS, OWN, PETS, POST, Operation
from benchmarks.ours import OUR_SERVERS, RATE_LIMIT, with_rate_limit
from benchmarks.places import Place, open_temporary_place
from benchmarks.plot import save_comparison
from benchmarks.report import OURS_IN_POOL, Comparison
from benchmarks.rounds import arrange_turns, measure_interleaved, measure_turns
from benchmarks.seeds import Shop, Store
from benchmarks.sites import Site, open_proven_site
from benchmarks.visitors import Visitors

PROGRAMS = ("wrk", "pgbench", "node", "npm")
WARM_UP_SECONDS = 1
WARM_UP_OPERATIONS = (GET, PETS)
IN_POOL = (GET, OWN, POST, PETS)
PETS_A_SECOND = 7000
GROUPS = {"all": (*OUR_SERVERS, *PEER_SERVERS), "peers": PEER_SERVERS, "ours": OUR_SERVERS}


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    seconds: int
    rounds: int
    store: Store
    contestants: Sequence[Contestant]
    is_written: bool
    is_check: bool

    @property
    def shop(self) -> Shop:
        """The tenant that is measured."""
        return self.store.tenants[0]


def parse_command_line(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of load for each measurement (3)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers and operations (3)")
    parser.add_argument("--orders", type=int, default=10_000, help="of the tenant, and of the shared pool (10000)")
    parser.add_argument("--pets", type=int, help=f"for sale; each POST needs another ({PETS_A_SECOND} a second)")
    parser.add_argument("--quick", action="store_true", help="one round of 1 second")
    parser.add_argument("--check", action="store_true", help="compare the answers and the rows, and measure nothing")
    parser.add_argument("--only", choices=GROUPS, default="all", help="whom to run (all)")
    parser.add_argument("--rate-limit", default=RATE_LIMIT, help=f"of our server: a rate, or off ({RATE_LIMIT})")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    given = parser.parse_args(arguments)
    seconds = 1 if given.quick else given.seconds
    pets = given.pets or seconds * PETS_A_SECOND
    return Options(
        seconds=seconds,
        rounds=1 if given.quick else given.rounds,
        store=Store(given.orders, pets, tenants=(Shop(1, given.orders, pets),), keeps_stock_back=True),
        contestants=[with_rate_limit(one, given.rate_limit) for one in GROUPS[given.only]],
        is_written=given.write,
        is_check=given.check,
    )


def compare_contestants(options: Options, place: Place) -> Comparison | None:
    """Set everybody up, compare their work, warm up, measure in interleaved rounds, and take everything down again."""
    with ExitStack() as stack:
        families = {one.family.schema: one.family for one in options.contestants}
        print(f"Seeding {len(families)} databases, starting {len(options.contestants)} servers …", flush=True)
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(place.seed_template_database, families.values()))
        sites = [_open_site(stack, one, place) for one in options.contestants]
        visitors = [visitors for site in sites for visitors in _sign_visitors_in(site, options)]
        require_equal_work([one for one in visitors if one.is_signed_in])
        if options.is_check:
            return None
        entrants: list[Visitors | BareDatabase] = [*visitors]
        if any(one.family is SHOP for one in options.contestants):
            entrants += stack.enter_context(bare.copy_database_for_pgbench(place, SHOP, options.shop))
        list(measure_interleaved(visitors, WARM_UP_OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        turns = [turn for turn in arrange_turns(entrants, OPERATIONS, options.rounds) if _takes_part(*turn)]
        found = list(measure_turns(turns, options.seconds, "rounds"))
        memory = {one.contestant.slug: one.measure_memory() for one in sites}
    return Comparison({one.slug: one.name for one in entrants}, found, memory)


def _open_site(stack: ExitStack, contestant: Contestant, place: Place) -> Site:
    database = stack.enter_context(place.copy_seeded_database(contestant.family, contestant.slug))
    return stack.enter_context(open_proven_site(contestant, place, database))


def _sign_visitors_in(site: Site, options: Options) -> list[Visitors]:
    """Customers of the tenant; of ours those of the shared pool too, who send neither tenant nor token."""
    contestant = site.contestant
    found = [Visitors(site, contestant.slug, contestant.name, [options.shop])]
    if contestant.family is not SHOP:
        name = "ours, shared pool, no token"
        found.append(Visitors(site, OURS_IN_POOL, name, [options.store.pool], is_signed_in=False))
    for one in found:
        one.sign_in()
    return found


def _takes_part(entrant: Visitors | BareDatabase, operation: Operation) -> bool:
    """Bare SQL is there for orders; the shared pool is a comparison, which four operations are enough for."""
    if isinstance(entrant, BareDatabase):
        return operation in bare.OPERATIONS
    return entrant.slug != OURS_IN_POOL or operation in IN_POOL


def run_comparison() -> None:
    """Run the comparison, print its tables, and leave them with JSON and a plot in `benchmarks/results/`."""
    options = parse_command_line()
    for program in PROGRAMS:
        require_program(program)
    with open_temporary_place(options.store) as place:
        run = machine.describe_machine(place.cluster)
        comparison = compare_contestants(options, place)
    if comparison is None:
        print("All answer the same, and write the same rows.")
        return
    report, picture = comparison.format_markdown_report(run), RESULTS / "benchmark.svg"
    (RESULTS / "comparison.md").write_text(report)
    comparison.save_json(run, RESULTS / "comparison.json")
    if comparison.has_baseline:
        save_comparison(comparison, picture)
    if options.is_written:
        write_measured_block("run", report, picture)
    print(report)


if __name__ == "__main__":
    run_with_signals(run_comparison)
