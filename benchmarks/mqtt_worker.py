"""The worker's part of `benchmarks/mqtt_publishing.py`: fill the outbox, and time a publisher that empties it."""

import sys
import time

from django.db import connection, transaction

from accounts.services.tenants import create_tenant
from benchmarks.errors import BenchmarkError
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.actor import SYSTEM
from mqtt.delivery.publisher import create_event_publisher
from mqtt.queries import count_pending_events
from mqtt.services.fanout import queue_public_events
from public_events.relay import publish_pending_events
from tenants.models import Tenant
from tenants.scoping import tenant_scope


def measure_publisher(*backlogs: int) -> None:
    """Print for each backlog how long it takes to be published, and the processor's time for an event."""
    tenant: Tenant = create_tenant(name="Bench", access=Tenant.Access.MEMBERS, actor=SYSTEM)
    for events in backlogs:
        _queue_events(tenant, events)
        publisher = create_event_publisher()
        began, used = time.perf_counter(), time.process_time()
        publisher.run_until_idle()
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        publisher.finish_in_flight(2.5)
        if publisher.published != events or count_pending_events():
            raise BenchmarkError(f"{publisher.published} of {events} events were published.")
        rate, cost = events / seconds, cpu / events * 1_000_000
        print(f"{events} events, two messages each: {seconds:.1f} s, {rate:.0f} a second, {cost:.0f} µs of CPU each.")


def _queue_events(tenant: Tenant, number: int) -> None:
    """As many events of pets that are available no more, each of a pet of its own, in the outbox."""
    details = {"changes": {"status": ["AVAILABLE", "NOT_AVAILABLE"]}}
    with tenant_scope(tenant.id), transaction.atomic():
        for _ in range(number):
            record_event(
                Action.PET_STATUS_CHANGED,
                entity_type=EntityType.PETS,
                entity_id=ids.new_id(),
                actor=SYSTEM,
                at=clock.now(),
                details=details,
            )
    while publish_pending_events([queue_public_events]):
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main(*backlogs: int) -> None:
    """Measure, and end with a sentence where it fails."""
    try:
        measure_publisher(*backlogs)
    except BenchmarkError as error:
        sys.exit(str(error))
