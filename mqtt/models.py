"""The outbox of MQTT: public events that a broker has not acknowledged yet."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel import clock
from tenants.fields import DateTimeField
from tenants.models import Tenant
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet


class OutgoingEventQuerySet(TenantQuerySet["OutgoingEvent"]):
    def due(self, at: datetime) -> "OutgoingEventQuerySet":
        """Filter events that may be sent now, the longest wait first; those of a SUSPENDED tenant wait."""
        return self.filter(due_at__lte=at, tenant__status=Tenant.Status.ACTIVE).order_by("due_at")

    def first_of_keys(self) -> "OutgoingEventQuerySet":
        """Filter the first event of each ordering key, whether it is due, under way or waits for its next attempt."""
        return self.filter(due_at__isnull=False)


class OutgoingEventManager(ScopedManager["OutgoingEvent"].from_queryset(OutgoingEventQuerySet)):  # type: ignore[misc]  # the base is made at run time
    pass


class OutgoingEvent(TenantOwned):
    """A public event on its way to the broker; the row is deleted when all its messages are acknowledged.

    Of one ordering key (an order, or a pet) only the oldest event has a `due_at`: that keeps the order, and the
    queue's index short.

    Attributes:
        id: the envelope's `eventId`.
        body: the envelope, UTF-8 JSON.
        sequence: its place among those of its ordering key.
        attempts_made: how often the broker refused it.
        due_at: when it may be sent; None while an older one of its ordering key is there. A claim moves it to the end
            of the lease.
        claim: the token of the lease; settling the event requires it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    event_type = models.CharField(max_length=40)
    body = models.TextField()
    ordering_key = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    attempts_made = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    created_at = DateTimeField(default=clock.now)

    objects: ClassVar[OutgoingEventManager] = OutgoingEventManager()

    class Meta(TenantOwned.Meta):
        indexes = (
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="outgoing_event_due"),
            models.Index(fields=("ordering_key", "sequence"), name="outgoing_event_order"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("ordering_key",), condition=Q(due_at__isnull=False), name="outgoing_event_one_head"
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"
