"""A contestant with its own copy of the data, started and proven."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.contestants import Contestant
from benchmarks.cpu import (
    BackendMeter,
    Memory,
    find_worker_process,
    list_process_tree,
    measure_memory_of,
    measure_usage,
)
from benchmarks.errors import BenchmarkError
from benchmarks.load import Span, run_wrk
from benchmarks.measurements import Load, Measurement
from benchmarks.operations import Operation, prove_all_operations, token_for
from benchmarks.places import Place
from benchmarks.processes import free_port, last_lines, run_server
from benchmarks.seeds import CUSTOMER, PASSWORD, STAFF


@dataclass(frozen=True)
class Site:
    """A running server, the tokens of those who call it, and the cookies of those who look at its pages."""

    contestant: Contestant
    place: Place
    database: str
    base_url: str
    pid: int
    log: Path
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put an operation under load and take the CPU time it costs; what it wrote is taken back."""
        credential, ids = self.build_credential_header(operation), self.place.find_ids_file(operation)
        measurement = self.measure_load(
            operation, seconds, lambda span: run_wrk(self.base_url, operation, credential, ids, span)
        )
        if operation.writes:
            self._check_rows(measurement)
            self.reset_seeded_rows()
        return measurement

    def measure_load(self, operation: Operation, seconds: int, run_load: Callable[[Span], Load]) -> Measurement:
        """Let a generator put an operation under load, and take the CPU time it costs."""
        meter = BackendMeter(self.place.cluster, self.database)
        meter.start_meter()
        before = measure_usage(self.pid, self.find_worker)
        load = run_load(Span(seconds, meter.take_sample))
        meter.take_sample()
        spent = measure_usage(self.pid, self.find_worker).subtract_usage(before)
        return Measurement(self.contestant.slug, operation.slug, load, spent.server, meter.seconds, spent.worker)

    def build_credential_header(self, operation: Operation) -> str | None:
        """Write the header by which an operation's caller is known; None when it has no caller."""
        if operation.caller is None:
            return None
        if operation.is_page:
            return f"Cookie: {self.sessions[operation.caller]}"
        return f"Authorization: Bearer {self.tokens[operation.caller]}"

    def reset_seeded_rows(self) -> None:
        """Go back to the seeded rows."""
        self.place.store.reset_database(self.place.cluster, self.database, self.contestant.family.schema)

    @property
    def find_worker(self) -> int | None:
        """The process id of its background worker, where it has one."""
        return find_worker_process(self.log)

    def measure_memory(self) -> Memory:
        """Weigh the server's processes, without its background worker."""
        return measure_memory_of(list_process_tree(self.pid, self.find_worker))

    def _check_rows(self, measurement: Measurement) -> None:
        """Every 201 must be a row (requests cut off at the load's end may have made a few more)."""
        found = (
            self.place.cluster.count_rows(self.database, self.contestant.family.orders_table) - self.place.store.orders
        )
        promised = measurement.load.requests - measurement.load.refused
        if found < promised:
            raise BenchmarkError(f"{self.contestant.name} answered 201 {promised} times but wrote {found} orders.")


@contextmanager
def open_proven_site(contestant: Contestant, place: Place, database: str) -> Iterator[Site]:
    """Start a contestant on a seeded database and prove its answers; stop it afterwards.

    Raises:
        BenchmarkError: when it does not start or answers wrongly.
    """
    port, log = free_port(), place.directory / f"{contestant.slug}.log"
    env = {**contestant.family.env, **contestant.env, "DATABASE_URL": place.cluster.build_database_url(database)}
    with run_server(contestant.build_command_line(port), contestant.cwd, env, port, log) as pid:
        opened = Site(contestant, place, database, f"http://127.0.0.1:{port}", pid, log)
        try:
            _prove_operations(opened)
        except (BenchmarkError, httpx.HTTPError) as error:
            raise BenchmarkError(f"{contestant.name}: {error}\nIts log ends:\n{last_lines(log)}") from error
        yield opened


def _prove_operations(opened: Site) -> None:
    for username in (STAFF, f"{CUSTOMER}1"):
        field = opened.contestant.jwt_field
        opened.tokens[username] = token_for(opened.base_url, username, PASSWORD, field)
    store = opened.place.store
    prove_all_operations(
        opened.base_url, opened.tokens, next(store.list_anonymous_orders()), next(store.list_pets_for_sale())
    )
    opened.reset_seeded_rows()
