"""`benchmarks/growth`: the cost of the same requests and pages in small and large tenants, and among many tenants."""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx

from benchmarks import machine
from benchmarks.console import RESULTS, run_with_signals
from benchmarks.contestants import Contestant
from benchmarks.documents import write_measured_block
from benchmarks.growth_report import Growth
from benchmarks.load import require_program
from benchmarks.measurements import Measurement
from benchmarks.operations import GET, LIST, OWN, PAGE, PET, PETS, POST, SEARCH, Operation
from benchmarks.ours import SERVE
from benchmarks.pages import PAGES, open_back_office
from benchmarks.places import Place, open_temporary_place
from benchmarks.plot import save_growth
from benchmarks.rounds import measure_interleaved
from benchmarks.seeds import Shop, Store, compute_seeded_time, spread_orders
from benchmarks.sites import open_proven_site
from benchmarks.visitors import FIRST_STAFF, SALES_A_SECOND, Visitors

FIRST = replace(LIST, slug="first", title="first page, staff")
FILTERED = replace(LIST, slug="filtered", title="first page of a status", path=f"{LIST.path}&status=DELIVERED")
DEEP = replace(LIST, slug="deep", title="page half way, by cursor", caller=FIRST_STAFF)
OPERATIONS = (GET, OWN, FIRST, FILTERED, DEEP, POST, PET, PETS, SEARCH, *PAGES)
WARM_UP_SECONDS = 2
POOL_ORDERS = 100
LARGEST, SMALLEST = 100_000, 10
SEEDED_AT_ONCE = 2
CALLING_TENANTS = 32
"""Of many tenants, so many are called by turns, from the largest to the smallest."""


@dataclass(frozen=True)
class GrownStore:
    """A store of some size.

    Attributes:
        callers_each: of each tenant that is called, so many customers call.
    """

    title: str
    store: Store
    called: Sequence[Shop]
    callers_each: int


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    seconds: int
    rounds: int
    stores: Sequence[GrownStore]
    contestant: Contestant
    is_written: bool


@dataclass(frozen=True)
class GrownSite:
    """A server on a store of some size, its callers, and its own cursor half way down the list of its first tenant."""

    title: str
    visitors: Visitors
    deep: Operation

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put an operation under load; the measurement bears the store's title."""
        entrant = self.visitors.site if operation.is_page else self.visitors
        found = entrant.measure_operation(self.deep if operation is DEEP else operation, seconds)
        return replace(found, server=self.title)


def parse_command_line(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/growth", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of load for each measurement (3)")
    parser.add_argument("--rounds", type=int, default=3, help="of all stores and operations (3)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="in orders")
    parser.add_argument("--tenants", type=int, default=1000, help="of a store more; 0 for no such store (1000)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    given = parser.parse_args(arguments)
    pets = given.seconds * SALES_A_SECOND
    stores = [_plan_single_tenant(size, pets) for size in sorted(given.sizes)]
    if given.tenants:
        stores.append(_plan_many_tenants(given.tenants, pets))
    return Options(given.seconds, given.rounds, stores, SERVE, given.write)


def _plan_single_tenant(orders: int, pets: int) -> GrownStore:
    shop = Shop(1, orders, pets)
    return GrownStore(f"{orders:,} orders", Store(POOL_ORDERS, 1, (shop,), keeps_stock_back=True), [shop], 10)


def _plan_many_tenants(tenants: int, pets: int) -> GrownStore:
    """Tenants whose orders are spread as trade is; those that are called have pets for sale."""
    count = min(tenants, CALLING_TENANTS)
    ranks = {round(tenants ** (index / max(1, count - 1))) for index in range(count)}
    shops = [
        replace(shop, pets=pets // len(ranks) if shop.number in ranks else 0)
        for shop in spread_orders(tenants, LARGEST, SMALLEST, 0)
    ]
    store = Store(POOL_ORDERS, 1, tuple(shops), keeps_stock_back=True)
    title = f"{store.all_orders:,} orders of {tenants:,} tenants"
    return GrownStore(title, store, [shop for shop in shops if shop.number in ranks], 1)


@contextmanager
def open_grown_site(contestant: Contestant, grown: GrownStore, place: Place) -> Iterator[GrownSite]:
    """Start a server on a seeded store, and sign its callers in."""
    with open_proven_site(contestant, place, place.seed_template_database(contestant.family)) as opened:
        visitors = Visitors(opened, contestant.slug, contestant.name, grown.called, callers_each=grown.callers_each)
        visitors.sign_in()
        open_back_office(opened, grown.called[0])
        yield GrownSite(
            grown.title, visitors, replace(DEEP, path=f"{LIST.path}&cursor={find_half_way_cursor(visitors)}")
        )


def find_half_way_cursor(visitors: Visitors) -> str:
    """Ask the server for the cursor of the page behind the middle order of the first tenant."""
    caller = visitors.staff[0]
    until = compute_seeded_time(caller.shop.orders // 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = httpx.get(
        f"{visitors.site.base_url}/v1/orders",
        params={"limit": PAGE, "createdTo": until},
        headers=caller.headers,
        timeout=30,
    )
    following = str(answer.raise_for_status().json()["links"]["next"])
    return parse_qs(urlsplit(following).query)["cursor"][0]


def measure_stores(options: Options) -> Growth:
    """Set up every store at once, warm up, and measure in interleaved rounds."""
    with ExitStack() as stack:
        places = [stack.enter_context(open_temporary_place(grown.store)) for grown in options.stores]
        print(f"Seeding {len(places)} stores …", flush=True)
        with ThreadPoolExecutor(SEEDED_AT_ONCE) as at_once:
            list(at_once.map(lambda place: place.seed_template_database(options.contestant.family), places))
        sites = [
            stack.enter_context(open_grown_site(options.contestant, grown, place))
            for grown, place in zip(options.stores, places, strict=True)
        ]
        list(measure_interleaved(sites, OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        found = list(measure_interleaved(sites, OPERATIONS, options.rounds, options.seconds, "rounds"))
        run = machine.describe_machine(places[0].cluster)
    return Growth(run, [grown.title for grown in options.stores], OPERATIONS, found)


def run_growth() -> None:
    """Measure growth, print its tables, and leave them with a plot in `benchmarks/results/`."""
    options = parse_command_line()
    require_program("wrk")
    growth = measure_stores(options)
    report, picture = growth.format_markdown_report(), RESULTS / "growth.svg"
    (RESULTS / "growth.md").write_text(report)
    save_growth(growth.titles, growth.list_median_latencies(), picture)
    if options.is_written:
        write_measured_block("growth", report, picture)
    print(report)


if __name__ == "__main__":
    run_with_signals(run_growth)
