"""The bare database: the peers' SQL from pgbench, as the limit of what a server could reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.contestants import Family
from benchmarks.cpu import BackendMeter
from benchmarks.load import Span, pgbench
from benchmarks.measurements import Measurement
from benchmarks.operations import Operation
from benchmarks.places import Place

SLUG = "pgbench"
NAME = "pgbench, prepared, the same SQL"


@dataclass(frozen=True)
class BareDatabase:
    """A copy of a family's database that pgbench works on."""

    place: Place
    database: str
    schema: str

    def measure(self, operation: Operation, seconds: int) -> Measurement:
        """Run an operation's SQL; what it wrote is taken back."""
        meter = BackendMeter(self.place.cluster, self.database)
        meter.start()
        url, store = self.place.cluster.url_of(self.database), self.place.store
        span = Span(seconds, meter.sample)
        load = pgbench(url, operation, self.place.directory, {"orders": store.orders}, span)
        if operation.writes:
            store.reset(self.place.cluster, self.database, self.schema)
        return Measurement(SLUG, operation.slug, load, None, meter.seconds)


@contextmanager
def database(place: Place, family: Family) -> Iterator[BareDatabase]:
    """Give pgbench its copy."""
    with place.copy(family, SLUG) as name:
        yield BareDatabase(place, name, family.schema)
