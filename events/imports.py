"""Import of events that happened elsewhere or earlier."""

from collections.abc import Sequence
from operator import attrgetter

from django.db import transaction

from database import bulk_insert
from events.chain_links import EventRow
from events.hash_chain import seal_events
from events.models import AuditEvent
from tenants.scoping import all_tenants


def record_past_events(events: Sequence[EventRow]) -> None:
    """Write past events and seal them at once, in the order in which they happened; publishers do not get them.

    Call it inside the transaction that writes the changes that they record.
    """
    events = sorted(events, key=attrgetter("created_at"))
    with all_tenants(reason="the hash chain runs over the whole journal"), transaction.atomic():
        bulk_insert(AuditEvent, EventRow._fields, events)
        seal_events(events)
