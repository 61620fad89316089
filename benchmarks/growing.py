"""`benchmarks/growth`: what the same requests and pages cost in small, large and very large stores."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx

from benchmarks import machine
from benchmarks.console import RESULTS, politely
from benchmarks.contestants import Contestant
from benchmarks.growth_report import Growth
from benchmarks.load import require
from benchmarks.measurements import Measurement
from benchmarks.operations import GET, LIST, PAGE, POST, Operation
from benchmarks.ours import SERVE
from benchmarks.pages import PAGES, open_back_office
from benchmarks.places import temporary_place
from benchmarks.plot import save_growth
from benchmarks.rounds import interleaved
from benchmarks.seeding import STAFF, Store, seeded_at
from benchmarks.sites import Site, site

FIRST = replace(LIST, slug="first", title="first page")
FILTERED = replace(LIST, slug="filtered", title="first page of a status", path=f"{LIST.path}&status=DELIVERED")
DEEP = replace(LIST, slug="deep", title="page half way, by cursor")
OPERATIONS = (GET, FIRST, FILTERED, DEEP, POST, *PAGES)
WARM_UP_SECONDS = 2


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    seconds: int
    rounds: int
    stores: Sequence[Store]
    contestant: Contestant


@dataclass(frozen=True)
class GrownSite:
    """A server on a store of some size, and its own cursor half way down the list."""

    site: Site
    deep: Operation

    def measure(self, operation: Operation, seconds: int) -> Measurement:
        """Put an operation under load; the measurement bears the store's size for a name."""
        found = self.site.measure(self.deep if operation is DEEP else operation, seconds)
        return replace(found, server=str(self.site.place.store.orders))


def options_from(arguments: Sequence[str] | None = None) -> Options:
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
def grown_site(contestant: Contestant, store: Store) -> Iterator[GrownSite]:
    """Seed a store and start a server on it; both are gone afterwards."""
    with temporary_place(store) as place, site(contestant, place, place.seeded(contestant.family)) as opened:
        open_back_office(opened)
        yield GrownSite(opened, replace(DEEP, path=f"{LIST.path}&cursor={half_way(opened)}"))


def half_way(opened: Site) -> str:
    """Ask the server for the cursor of the page behind the middle order."""
    until = seeded_at(opened.place.store.orders // 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = httpx.get(
        f"{opened.base_url}/v1/orders",
        params={"limit": PAGE, "createdTo": until},
        headers={"Authorization": f"Bearer {opened.tokens[STAFF]}"},
        timeout=30,
    )
    following = str(answer.raise_for_status().json()["links"]["next"])
    return parse_qs(urlsplit(following).query)["cursor"][0]


def grow(options: Options) -> Growth:
    """Set up every size at once, warm up, and measure in interleaved rounds."""
    with ExitStack() as stack:
        sites = [stack.enter_context(grown_site(options.contestant, store)) for store in options.stores]
        list(interleaved(sites, OPERATIONS, 1, WARM_UP_SECONDS, "warm-up"))
        found = list(interleaved(sites, OPERATIONS, options.rounds, options.seconds, "rounds"))
        run = machine.described(sites[0].site.place.cluster)
    return Growth(run, [store.orders for store in options.stores], OPERATIONS, found)


def main() -> None:
    """Measure growth, print its tables, and leave them with a plot in `benchmarks/results/`."""
    options = options_from()
    require("wrk")
    growth = grow(options)
    (RESULTS / "growth.md").write_text(growth.markdown())
    save_growth(growth.sizes, growth.latencies(), RESULTS / "growth.svg")
    print(growth.markdown())


if __name__ == "__main__":
    politely(main)
