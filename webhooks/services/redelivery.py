"""Redelivery: staff send a delivery again, or a test to an endpoint."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from public_events.payloads import build_envelope
from webhooks.errors import DeliveryUnderWay
from webhooks.models import TEST_TYPE, Delivery, Endpoint, Message
from webhooks.queries import get_webhook_delivery, get_webhook_endpoint


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def queue_redelivery(*, delivery_id: UUID, actor: Actor) -> Delivery:
    """Send a delivery again, under the same id, with its whole schedule before it.

    One that is settled has no place in the order of its key from then on: nothing waits for it. One that waits for its
    next attempt is due at once. To an endpoint that is PAUSED it is sent when that is ACTIVE again.

    Raises:
        DeliveryNotFound, LoginRequired, Forbidden
        DeliveryUnderWay: it is being sent, or an older one of its ordering key is to be sent first.
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    found = get_webhook_delivery(delivery_id, actor=actor)
    at = clock.now()
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=found.endpoint_id)
        delivery: Delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
        if not delivery.is_redeliverable:
            raise DeliveryUnderWay
        was = delivery.status
        if delivery.settled_at:
            delivery.sequence = 0
        delivery.status, delivery.settled_at = Delivery.Status.PENDING, None
        delivery.due_at, delivery.claim, delivery.attempts_made = at, None, 0
        delivery.save(update_fields=["sequence", "status", "settled_at", "due_at", "claim", "attempts_made"])
        _record_redelivery(delivery, was, actor, at)
    return delivery


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def send_test_delivery(*, endpoint_id: UUID, actor: Actor) -> Delivery:
    """Send an endpoint a `webhook.test`, whatever it subscribes to.

    Raises:
        EndpointNotFound, LoginRequired, Forbidden
    """
    actor.require_permission(Permission.CHANGE_WEBHOOKS)
    endpoint = get_webhook_endpoint(endpoint_id, actor=actor)
    at, message_id = clock.now(), ids.new_id()
    body = build_envelope(message_id, TEST_TYPE, clock.format_rfc3339(at), {"webhookId": str(endpoint.id)})
    with transaction.atomic():
        message = Message(id=message_id, event_type=TEST_TYPE, body=body, created_at=at)
        message.save(force_insert=True)
        delivery = Delivery(endpoint=endpoint, message=message, ordering_key=endpoint.id, due_at=at, created_at=at)
        delivery.save(force_insert=True)
    return delivery


def _record_redelivery(delivery: Delivery, was: str, actor: Actor, at: datetime) -> None:
    """Record the redelivery; the delivery's own history is in its attempts."""
    record_event(
        Action.DELIVERY_REDELIVERED,
        entity_type=EntityType.WEBHOOKS,
        entity_id=delivery.endpoint_id,
        actor=actor,
        at=at,
        details={
            "changes": {"status": [was, delivery.status]},
            "delivery": {
                "id": str(delivery.pk),
                "eventId": str(delivery.message_id),
                "about": str(delivery.ordering_key),
            },
        },
    )
