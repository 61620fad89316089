"""A contestant with its own copy of the data, started and proven."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.contestants import Contestant
from benchmarks.cpu import (
    BackendMeter,
    Memory,
    find_worker_process,
    list_other_processes,
    list_process_tree,
    measure_memory_of,
    measure_usage,
)
from benchmarks.errors import BenchmarkError
from benchmarks.load import TICK_SECONDS, Sources, Span, run_wrk
from benchmarks.measurements import Load, Measurement
from benchmarks.npm import fetch_npm_packages
from benchmarks.operations import Operation, prove_all_operations, token_for
from benchmarks.places import Place
from benchmarks.processes import free_port, last_lines, run_server
from benchmarks.seeds import CUSTOMER, PASSWORD, STAFF, Shop, Stock

BACKLOG_SECONDS = 30


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
        sources = Sources(self.build_credential_header(operation), self.place.find_ids_file(operation))
        measurement = self.measure_load(
            operation, seconds, lambda span: run_wrk(self.base_url, operation, sources, span)
        )
        if operation.writes:
            self.check_written_rows(measurement)
            self.reset_seeded_rows()
        return measurement

    def measure_load(
        self, operation: Operation, seconds: int, run_load: Callable[[Span], Load], *, awaits_worker: bool = False
    ) -> Measurement:
        """Let a generator put an operation under load, and take the CPU time it costs.

        Args:
            operation: whose load it is.
            seconds: of load.
            run_load: the generator.
            awaits_worker: whether what the background worker still has to do afterwards belongs to the cost.
        """
        meter = BackendMeter(self.place.cluster, self.database)
        meter.start_meter()
        before = measure_usage(self.pid, self.find_worker)
        load = run_load(Span(seconds, meter.take_sample))
        if awaits_worker:
            self._await_worker(meter)
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
        """Weigh the processes that serve HTTP, with the one that supervises them."""
        others = list_other_processes(self.log)
        return measure_memory_of(one for one in list_process_tree(self.pid) if one.pid not in others)

    def stock_pets(self, shops: Sequence[Shop], pets: int = 1) -> None:
        """Bring in so many pets of each shop, for a load of orders to buy."""
        family = self.contestant.family
        self.place.store.stock_pets(self.place.cluster, self.database, family.schema, Stock(shops, pets))

    def _await_worker(self, meter: BackendMeter) -> None:
        """Wait until the background worker has sealed and published what the load has left."""
        backlog, deadline = self.contestant.family.backlog, time.monotonic() + BACKLOG_SECONDS
        while backlog and self.place.cluster.query_database(self.database, backlog):
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.contestant.name}: its worker is not through after {BACKLOG_SECONDS} s.")
            meter.take_sample()
            time.sleep(TICK_SECONDS)

    def check_written_rows(self, measurement: Measurement) -> None:
        """Every 201 must be a row (requests cut off at the load's end may have made a few more)."""
        rows = self.place.cluster.count_rows(self.database, self.contestant.family.orders_table)
        found = rows - self.place.store.all_orders
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
    env = {
        **contestant.family.env,
        **contestant.env,
        "DATABASE_URL": place.build_server_url(contestant.family, database),
    }
    _require_row_security(contestant, place, env["DATABASE_URL"])
    if contestant.packages is not None:
        env["NODE_PATH"] = str(fetch_npm_packages(contestant.packages) / "node_modules")
    with run_server(contestant.build_command_line(port), contestant.cwd, env, port, log) as pid:
        opened = Site(contestant, place, database, f"http://127.0.0.1:{port}", pid, log)
        try:
            _prove_operations(opened)
        except (BenchmarkError, httpx.HTTPError) as error:
            raise BenchmarkError(f"{contestant.name}: {error}\nIts log ends:\n{last_lines(log)}") from error
        yield opened


def _require_row_security(contestant: Contestant, place: Place, url: str) -> None:
    """Refuse to measure a server whose role sees all rows."""
    table = contestant.family.walled_table
    if table and not place.cluster.is_row_security_active(url, table):
        raise BenchmarkError(f"{contestant.name}: row-level security is not active on {table} for its role.")


def _prove_operations(opened: Site) -> None:
    for username in (STAFF, f"{CUSTOMER}1"):
        field = opened.contestant.jwt_field
        opened.tokens[username] = token_for(opened.base_url, username, PASSWORD, field)
    store = opened.place.store
    opened.stock_pets([store.pool])
    prove_all_operations(
        opened.base_url, opened.tokens, next(store.list_anonymous_orders()), next(store.list_pets_for_sale())
    )
    opened.reset_seeded_rows()
