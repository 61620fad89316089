"""The measuring part of `benchmarks/order_parts.py`: orders are placed with parts of the database at rest."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from accounts.models import User
from benchmarks.console import RESULTS
from benchmarks.errors import BenchmarkError
from benchmarks.plain_order import PlainOrders
from benchmarks.seeds import CUSTOMER
from events.models import PendingEvent
from kernel.actor import Actor, Role
from orders.history import audit_rows
from orders.services import placement
from pets.models import Pet
from petstore.server.worker_jobs import PUBLISHERS
from public_events.relay import publish_pending_events
from tenants.scoping import SHARED_POOL_ID, TenantOwned, tenant_scope

TABLES = ("pets_pet", "orders_order", "orders_ordertransition", "events_auditevent", "events_pendingevent")
WARM_UP, ORDERS = 10, 40
BATCHES = (20, 100, 500)
TRIGGERS = """SELECT tgname, coalesce(conname, tgname), tgisinternal
    FROM pg_trigger LEFT JOIN pg_constraint c ON c.oid = tgconstraint
    WHERE tgrelid = %s::regclass AND tgtype::integer & %s <> 0 ORDER BY 2"""
INDEXES = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass ORDER BY 1"
HIDE_INDEX = """UPDATE pg_index SET indisready = false, indislive = false, indisvalid = false
    WHERE indexrelid = '{0}'::regclass"""
ON_INSERT, ON_UPDATE = 4, 16
PLAIN, PLACING, PROCESS = "a plain transaction of five statements", "placing: PostgreSQL", "placing: our process"


class Cost(NamedTuple):
    """µs of CPU: of the backend, and of this thread."""

    backend: float
    process: float


class Part(NamedTuple):
    """Something that an order can be placed without.

    Attributes:
        rest: opens a block in which the second store is without it.
    """

    name: str
    rest: Callable[[], AbstractContextManager[object]]


class Store:
    """A database of ours with the connection on which a customer with a token places orders there."""

    def __init__(self, name: str) -> None:
        template = connections[DEFAULT_DB_ALIAS]
        self.connection = type(template)({**template.settings_dict, "NAME": name}, DEFAULT_DB_ALIAS)
        self.use_store()
        with tenant_scope(SHARED_POOL_ID):
            customer = User.objects.get(username=f"{CUSTOMER}1")
            available = Pet.objects.filter(status=Pet.Status.AVAILABLE).order_by("-pk")
            self._pets: list[UUID] = list(available.values_list("pk", flat=True))
        self._actor = Actor(
            user_id=customer.pk, role=Role.CUSTOMER, ip_address="192.0.2.7", request_id="01998c1e7d0a7b6c8f3e"
        )
        self._usage = Path(f"/proc/{self.connection.connection.info.backend_pid}/schedstat")
        if not self._usage.exists():
            raise BenchmarkError("PostgreSQL's processes cannot be seen from here.")

    def use_store(self) -> None:
        """Let what follows go to this database."""
        connections[DEFAULT_DB_ALIAS] = self.connection

    def execute_sql(self, statement: str) -> None:
        """Run a statement on the connection."""
        self.use_store()
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def fetch_sql(self, statement: str, *parameters: str | int) -> list[tuple[Any, ...]]:
        """Run a query on the connection."""
        self.use_store()
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def place_next_order(self) -> None:
        """Place an order of the next pet."""
        with tenant_scope(SHARED_POOL_ID):
            placement.place_order(pet_id=self._pets.pop(), actor=self._actor)

    def measure_next_order(self) -> Cost:
        """Place an order and return what it cost."""
        self.use_store()
        return self.measure_call(self.place_next_order)

    def measure_call(self, call: Callable[[], object]) -> Cost:
        """Measure one call. A backend's reading is exact while it waits for us."""
        backend, process = self._read_backend(), time.thread_time_ns()
        call()
        spent = time.thread_time_ns() - process
        return Cost((self._read_backend() - backend) / 1000, spent / 1000)

    def _read_backend(self) -> int:
        return int(self._usage.read_text().split()[0])


class Readings:
    """What the rounds have found: µs of each kind of order, and the share of each part in the whole of its moment."""

    def __init__(self) -> None:
        self.costs: defaultdict[str, list[float]] = defaultdict(list)
        self.shares: defaultdict[str, list[float]] = defaultdict(list)

    def build_table(self) -> Iterator[str]:
        """Yield the lines of the table: everything as µs and as a multiple of the plain transaction."""
        plain, whole = (quantiles(self.costs[name], n=4)[0] for name in (PLAIN, PLACING))
        yield "| part of an order | CPU µs | × the plain transaction |"
        yield "| --- | ---: | ---: |"
        for name, found in self.costs.items():
            value = quantiles(found, n=4)[0] if len(found) > 1 else found[0]
            yield f"| {name} | {value:.0f} | {value / plain:.2f} |"
        for name, shares in self.shares.items():
            value = whole * median(shares)
            yield f"| of placing: {name} | {value:.0f} | {value / plain:.2f} |"


def print_order_costs(without: str, plain_url: str, *, seconds: float) -> None:
    """Measure for some seconds and print what the parts cost as a table.

    Args:
        without: a database like that of the settings; parts of it rest in turns.
        plain_url: a database of the peers.
    """
    load, found = os.getloadavg()[0], Readings()
    whole = Store(str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"]))
    rounds = _measure_parts(whole, Store(without), PlainOrders(plain_url), found, time.monotonic() + seconds)
    _measure_worker(whole, found)
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {rounds} rounds"
    lines = [
        f"{moment}, load average {load:.2f} at start, {os.getloadavg()[0]:.2f} at the end",
        "",
        *found.build_table(),
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "order_parts.md").write_text("\n".join(lines) + "\n")


def _measure_parts(whole: Store, without: Store, plain: PlainOrders, found: Readings, until: float) -> int:
    """Measure each part in turns with the whole until the time is over, once at least; return the rounds."""
    rounds, parts = 0, list(_list_parts(without))
    while not rounds or time.monotonic() < until:
        for part in parts:
            if rounds and time.monotonic() > until:
                break
            with part.rest():
                _compare_orders(part.name, whole, without, plain, found)
        rounds += 1
    return rounds


def _compare_orders(name: str, whole: Store, without: Store, plain: PlainOrders, found: Readings) -> None:
    for number in range(WARM_UP + ORDERS):
        less, full, bare = without.measure_next_order(), whole.measure_next_order(), plain.measure_next_order()
        if number >= WARM_UP:
            found.costs[PLAIN].append(bare)
            found.costs[PLACING].append(full.backend)
            found.costs[PROCESS].append(full.process)
            found.shares[name].append((full.backend - less.backend) / full.backend)


def _measure_worker(store: Store, found: Readings) -> None:
    """Measure what sealing and publishing cost an order, in batches of different sizes."""
    store.use_store()
    for size in BATCHES:
        costs = [_measure_batch(store, size) for _ in range(4)][1:]
        for place, title in enumerate(("PostgreSQL", "its process")):
            found.costs[f"worker, {size} orders a batch: {title}"] = [min(cost[place] for cost in costs) / size]


def _measure_batch(store: Store, size: int) -> Cost:
    while publish_pending_events(PUBLISHERS):
        pass
    for _ in range(size):
        store.place_next_order()
    return store.measure_call(lambda: publish_pending_events(PUBLISHERS, limit=size))


def _list_parts(store: Store) -> Iterator[Part]:
    yield Part("nothing (the error of these lines)", nullcontext)
    yield Part("the outbox row", partial(_leave_outbox_out, store))
    yield Part(
        "the wait for the disk",
        partial(_switch_off, store, "SET synchronous_commit = off", "RESET synchronous_commit"),
    )
    for table in TABLES:
        event = ON_UPDATE if table == "pets_pet" else ON_INSERT
        for name, title, is_internal in store.fetch_sql(TRIGGERS, table, event):
            kind = "check of" if is_internal else "trigger"
            off, on = (f'ALTER TABLE {table} {verb} TRIGGER "{name}"' for verb in ("DISABLE", "ENABLE"))
            yield Part(f"{table}: {kind} {title}", partial(_switch_off, store, off, on))
    for table in TABLES:
        for (name,) in store.fetch_sql(INDEXES, table):
            switch = partial(_switch_off, store, HIDE_INDEX.format(name), f"REINDEX INDEX {name}")
            yield Part(f"{table}: index {name}", switch)


@contextmanager
def _switch_off(store: Store, off: str, on: str) -> Iterator[None]:
    store.execute_sql(off)
    try:
        yield
    finally:
        store.execute_sql(on)


@contextmanager
def _leave_outbox_out(store: Store) -> Iterator[None]:
    """Place orders in one store without an outbox row; its worker never hears of them."""
    build = audit_rows

    def build_without(*arguments: Any, **keywords: Any) -> tuple[TenantOwned, ...]:
        rows = build(*arguments, **keywords)
        if connections[DEFAULT_DB_ALIAS] is not store.connection:
            return rows
        return tuple(row for row in rows if not isinstance(row, PendingEvent))

    vars(placement)["audit_rows"] = build_without
    try:
        yield
    finally:
        vars(placement)["audit_rows"] = build
