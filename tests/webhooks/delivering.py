"""The worker's round, run until nothing is due."""

from typing import Any
from uuid import UUID

import orjson

from events.models import AuditEvent, EntityType
from kernel import clock
from public_events.relay import publish_pending_events
from tenants.scoping import tenant_scope
from tests.webhooks.sink import Received, Sink
from webhooks.delivery.dispatcher import Dispatcher
from webhooks.models import Delivery, Endpoint
from webhooks.services.fanout import fan_out


def publish_all_events() -> None:
    """Publish all pending events to webhooks."""
    while publish_pending_events([fan_out]):
        pass


def deliver_all_due() -> Dispatcher:
    """Publish all pending events and attempt all that is due, until nothing is."""
    publish_all_events()
    dispatcher = Dispatcher()
    dispatcher.run_until_idle()
    return dispatcher


def received_envelopes(sink: Sink) -> list[dict[str, Any]]:
    """The envelopes that the sink has received, in the order of arrival."""
    return [envelope_of(request) for request in sink.received]


def envelope_of(request: Received) -> dict[str, Any]:
    envelope: dict[str, Any] = orjson.loads(request.body)
    return envelope


def deliveries_to(endpoint: Endpoint) -> list[Delivery]:
    """All of them, in the order of their writing."""
    with tenant_scope(endpoint.tenant_id):
        return list(Delivery.objects.filter(endpoint=endpoint).order_by("id"))


def events_about(entity_id: UUID, tenant_id: UUID, kind: EntityType = EntityType.ORDERS) -> list[AuditEvent]:
    """The journal's events about it, first to last."""
    with tenant_scope(tenant_id):
        return list(AuditEvent.objects.filter(entity_type=kind, entity_id=entity_id).order_by("created_at", "id"))


def make_due_now(endpoint: Endpoint) -> None:
    """As if the waiting was over, for what is to be tried again and for the endpoint itself."""
    with tenant_scope(endpoint.tenant_id):
        Endpoint.objects.filter(pk=endpoint.pk).update(backoff_until=None)
        Delivery.objects.filter(endpoint=endpoint, due_at__isnull=False).update(due_at=clock.now())
