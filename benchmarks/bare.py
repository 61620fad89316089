"""The bare database: the peers' SQL from pgbench, the limit of what a server could reach; row-level security beside."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.contestants import Family
from benchmarks.cpu import BackendMeter
from benchmarks.load import Span, run_pgbench
from benchmarks.measurements import Measurement
from benchmarks.operations import GET, OWN, POST, Operation
from benchmarks.places import Place
from benchmarks.seeds import SQL, Shop, Stock

OPERATIONS = (GET, OWN, POST)


@dataclass(frozen=True)
class BareDatabase:
    """A copy of a family's database that pgbench works on, with scripts of `sql/<slug>/`."""

    slug: str
    name: str
    place: Place
    database: str
    schema: str
    url: str
    shop: Shop

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Run an operation's SQL; what it wrote is taken back."""
        place, store = self.place, self.place.store
        if operation.writes:
            store.stock_pets(place.cluster, self.database, self.schema, Stock([self.shop], self.shop.pets))
        meter = BackendMeter(place.cluster, self.database)
        meter.start_meter()
        span = Span(seconds, meter.take_sample)
        variables = {"orders": self.shop.orders, "customers": self.shop.customers, "shop": self.shop.number}
        load = run_pgbench(self.url, SQL / self.slug / f"{operation.slug}.sql", place.directory, variables, span)
        if operation.writes:
            store.reset_database(place.cluster, self.database, self.schema)
        return Measurement(self.slug, operation.slug, load, None, meter.seconds)


@contextmanager
def copy_database_for_pgbench(place: Place, family: Family, shop: Shop) -> Iterator[list[BareDatabase]]:
    """Give pgbench its copy, as the owner and as a role under row-level security."""
    name, slug = "pgbench, prepared, the same SQL", "pgbench"
    with place.copy_seeded_database(family, slug) as database, _open_walled_url(place, database) as walled:
        owner = place.cluster.build_database_url(database)
        plain = BareDatabase(slug, name, place, database, family.schema, owner, shop)
        yield [
            plain,
            BareDatabase("pgbench_rls", f"{name}, row-level security", place, database, family.schema, walled, shop),
        ]


@contextmanager
def _open_walled_url(place: Place, database: str) -> Iterator[str]:
    """Force row-level security in a database, and log in as a role that it holds for; the owner here is a superuser."""
    role, password = f"{database}_walled", secrets.token_urlsafe()
    parameters = {"role": role}
    with place.cluster.create_temporary_role(role, password, database):
        place.cluster.run_sql_files(database, [SQL / "pgbench_rls" / "walls.sql"], parameters)
        yield place.cluster.build_database_url(database, role, password)
