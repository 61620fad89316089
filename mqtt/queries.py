"""Reads of the outbox of MQTT."""

from mqtt.models import OutgoingEvent
from tenants.scoping import all_tenants


def count_pending_events() -> int:
    """Count the events of all tenants that the broker has not acknowledged."""
    with all_tenants(reason="the worker serves all tenants"):
        return int(OutgoingEvent.objects.count())
