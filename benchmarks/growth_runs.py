"""`benchmarks/growth`: the cost of the same requests and pages in small, large and very large stores."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx

from benchmarks import machine
from benchmarks.console import RESULTS, run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.growth_report import Growth
from benchmarks.load import require_program
from benchmarks.measurements import Measurement
from benchmarks.operations import GET, LIST, PAGE, POST, Operation
from benchmarks.ours import SERVE
from benchmarks.pages import PAGES, open_back_office
from benchmarks.places import open_temporary_place
from benchmarks.plot import save_growth
from benchmarks.rounds import measure_interleaved
from benchmarks.seeds import STAFF, Store, compute_seeded_time
from benchmarks.sites import Site, open_proven_site

FIRST = replace(LIST, slug="first", title="first page")
FILTERED = replace(LIST, slug="filtered", title="first page of a status", path=f"{LIST.path}&status=DELIVERED")
DEEP = replace(LIST, slug="deep", title="page half way, by cursor")
OPERATIONS = (GET, FIRST, FILTERED, DEEP, POST, *PAGES)
WARM_UP_SECONDS = 2


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    seconds: int
    rounds: int
    stores: Sequence[Store]
    contestant: Contestant


@dataclass(frozen=True)
class GrownSite:
    """A server on a store of some size, and its own cursor half way down the list."""

    site: Site
    deep: Operation

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put an operation under load; the measurement bears the store's size for a name."""
        found = self.site.measure_operation(self.deep if operation is DEEP else operation, seconds)
        return replace(found, server=str(self.site.place.store.orders))


def parse_command_line(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/growth", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of load for each measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="of all sizes and operations (3)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="in orders")
    parser.add_argument("--pets", type=int, default=30_000, help="for sale; each POST needs another (30000)")
    given = parser.parse_args(arguments)
    stores = [Store(orders=size, pets=given.pets) for size in sorted(given.sizes)]
    return Options(given.seconds, given.rounds, stores, SERVE)


@contextmanager
def open_grown_site(contestant: Contestant, store: Store) -> Iterator[GrownSite]:
    """Seed a store and start a server on it; both are gone afterwards."""
    with (
        open_temporary_place(store) as place,
        open_proven_site(contestant, place, place.seed_template_database(contestant.family)) as opened,
    ):
        open_back_office(opened)
        yield GrownSite(opened, replace(DEEP, path=f"{LIST.path}&cursor={find_half_way_cursor(opened)}"))


def find_half_way_cursor(opened: Site) -> str:
    """Ask the server for the cursor of the page behind the middle order."""
    until = compute_seeded_time(opened.place.store.orders // 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = httpx.get(
        f"{opened.base_url}/v1/orders",
        params={"limit": PAGE, "createdTo": until},
        headers={"Authorization": f"Bearer {opened.tokens[STAFF]}"},
        timeout=30,
    )
    following = str(answer.raise_for_status().json()["links"]["next"])
    return parse_qs(urlsplit(following).query)["cursor"][0]


def measure_sizes(options: Options) -> Growth:
    """Set up every size at once, warm up, and measure in interleaved rounds."""
    with ExitStack() as stack:
        sites = [stack.enter_context(open_grown_site(options.contestant, store)) for store in options.stores]
        list(measure_interleaved(sites, OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        found = list(measure_interleaved(sites, OPERATIONS, options.rounds, options.seconds, "rounds"))
        run = machine.describe_machine(sites[0].site.place.cluster)
    return Growth(run, [store.orders for store in options.stores], OPERATIONS, found)


def run_growth() -> None:
    """Measure growth, print its tables, and leave them with a plot in `benchmarks/results/`."""
    options = parse_command_line()
    require_program("wrk")
    growth = measure_sizes(options)
    (RESULTS / "growth.md").write_text(growth.format_markdown_report())
    save_growth(growth.sizes, growth.list_median_latencies(), RESULTS / "growth.svg")
    print(growth.format_markdown_report())


if __name__ == "__main__":
    run_with_signals(run_growth)
