"""The bare database: the peers' SQL from pgbench, as the limit of what a server could reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.contestants import Family
from benchmarks.cpu import BackendMeter
from benchmarks.load import Span, run_pgbench
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

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Run an operation's SQL; what it wrote is taken back."""
        meter = BackendMeter(self.place.cluster, self.database)
        meter.start_meter()
        url, store = self.place.cluster.build_database_url(self.database), self.place.store
        span = Span(seconds, meter.take_sample)
        load = run_pgbench(url, operation, self.place.directory, {"orders": store.orders}, span)
        if operation.writes:
            store.reset_database(self.place.cluster, self.database, self.schema)
        return Measurement(SLUG, operation.slug, load, None, meter.seconds)


@contextmanager
def copy_database_for_pgbench(place: Place, family: Family) -> Iterator[BareDatabase]:
    """Give pgbench its copy."""
    with place.copy_seeded_database(family, SLUG) as name:
        yield BareDatabase(place, name, family.schema)
