"""The worker's part of `benchmarks/deliveries.py`: fill the database and time a worker that empties it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.request import urlopen

from django.db import connection, transaction

from accounts.services.tenants import create_tenant
from benchmarks.errors import BenchmarkError
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.actor import SYSTEM
from public_events.event_types import EventType
from public_events.relay import publish_pending_events
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from webhooks.delivery.claims import claim_due_deliveries, list_waiting_endpoints
from webhooks.delivery.concurrency import MAX_PER_ENDPOINT, THREADS
from webhooks.services.endpoints import create_endpoint
from webhooks.services.fanout import fan_out

BACKLOGS = (100, 10_000)
PATIENCE_SECONDS = 300
STOP_SECONDS = 10


class Reading(NamedTuple):
    """The rows and buffers that PostgreSQL read."""

    rows: int
    buffers: int


def measure_worker(events: int, receiver: str, nobody: str) -> None:
    """Print what a claim reads beside an outage, and how fast a worker delivers beside it.

    Args:
        receiver: URL of one that counts (`benchmarks.receiver`).
        nobody: URL where nobody listens.
    """
    outage = _create_shop("Outage", nobody)
    waiting = 0
    for backlog in BACKLOGS:
        _write_events(outage, backlog - waiting)
        waiting = backlog
        while publish_pending_events([fan_out]):
            pass
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        reading = _explain_work(_claim_waiting_deliveries)
        print(f"A claim beside {backlog} waiting deliveries reads {reading.rows} rows in {reading.buffers} buffers.")
    shop = _create_shop("Bench", receiver)
    _write_events(shop, events)
    seconds = _seconds_to_deliver(events, receiver)
    print(
        f"One worker process, beside that outage: {events} events in {seconds:.1f} s, {events / seconds:.0f} a second."
    )


def _create_shop(name: str, url: str) -> Tenant:
    """A tenant with one endpoint for its pets' events."""
    tenant: Tenant = create_tenant(name=name, access=Tenant.Access.MEMBERS, actor=SYSTEM)
    with tenant_scope(tenant.id):
        create_endpoint(url=url, events=[EventType.PET_STATUS_CHANGED], actor=SYSTEM)
    return tenant


def _write_events(tenant: Tenant, number: int) -> None:
    """As many events, each of a pet of its own."""
    details = {"changes": {"status": ["AVAILABLE", "NOT_AVAILABLE"]}}
    with tenant_scope(tenant.id), transaction.atomic():
        for _ in range(number):
            pet_id, at = ids.new_id(), clock.now()
            record_event(
                Action.PET_STATUS_CHANGED,
                entity_type=EntityType.PETS,
                entity_id=pet_id,
                actor=SYSTEM,
                at=at,
                details=details,
            )


def _claim_waiting_deliveries() -> None:
    waiting = list_waiting_endpoints(THREADS, busy=(), include_failing=True)
    claim_due_deliveries({one.endpoint_id: MAX_PER_ENDPOINT for one in waiting})


def _explain_work(work: Callable[[], None]) -> Reading:
    """Sum up what the statements of some work read; the work is undone."""
    plans: list[dict[str, Any]] = []

    def explain_statement(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters, many, context)
            found = context["cursor"].fetchone()[0]
            plans.append((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
        return execute(sql, parameters, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(explain_statement):
            work()
        transaction.set_rollback(True)
    buffers = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
    return Reading(
        sum(node["Actual Rows"] * node["Actual Loops"] for plan in plans for node in _find_scans(plan)), buffers
    )


def _find_scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan and "Scan" in plan["Node Type"]:
        yield plan
    for child in plan.get("Plans", ()):
        yield from _find_scans(child)


def _seconds_to_deliver(events: int, receiver: str) -> float:
    """From the first delivery to the last."""
    with _run_worker_process():
        _wait_for_condition(lambda: _count_received_events(receiver) > 0)
        begun, first = time.monotonic(), _count_received_events(receiver)
        _wait_for_condition(lambda: _count_received_events(receiver) >= events)
        return (time.monotonic() - begun) * events / (events - first)


def _count_received_events(receiver: str) -> int:
    with urlopen(receiver) as answer:  # noqa: S310  # our own receiver
        return int(answer.read())


def _wait_for_condition(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise BenchmarkError("The worker does not deliver.")
        time.sleep(0.2)


@contextmanager
def _run_worker_process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", "run_worker"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
