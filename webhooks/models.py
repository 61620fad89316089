"""Endpoints, messages, their deliveries and attempts."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import clock, ids
from tenants.fields import DateTimeField, UUIDField
from tenants.models import Tenant
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet
from webhooks.encryption import decrypt_secret

MAX_HOST = 255
CALLBACK_TYPE = "orderProcessed"
TEST_TYPE = "webhook.test"


class EndpointQuerySet(TenantQuerySet["Endpoint"]):
    def reachable(self) -> "EndpointQuerySet":
        """Filter endpoints that may be sent to now."""
        return self.filter(status=Endpoint.Status.ACTIVE, tenant__status=Tenant.Status.ACTIVE)


class EndpointManager(ScopedManager["Endpoint"].from_queryset(EndpointQuerySet)):  # type: ignore[misc]  # the base is made at run time
    pass


class Endpoint(TenantOwned):
    """A URL of a shop's system that gets events: the types that it subscribes to, and its circuit.

    All callbacks of a tenant share one endpoint without a URL, which nobody subscribes: each goes to a URL of its own.

    Attributes:
        failures: failed attempts since the last success; attempts at one time count once.
        backoff_until: after a failure, no further attempt before this moment.
        pause_reason: the reason why it is PAUSED: asked for, failing, or gone (410).
    """

    class Kind(models.TextChoices):
        SUBSCRIPTION = "SUBSCRIPTION"
        CALLBACK = "CALLBACK"

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        PAUSED = "PAUSED"

    class PauseReason(models.TextChoices):
        ASKED = "ASKED"
        FAILING = "FAILING"
        GONE = "GONE"

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.SUBSCRIPTION, editable=False)
    url = models.CharField(max_length=2000)
    events = models.JSONField(default=list)
    status = models.CharField(max_length=6, choices=Status, default=Status.ACTIVE)
    pause_reason = models.CharField(max_length=7, choices=PauseReason, blank=True)
    encrypted_secret = models.TextField(db_column="secret", editable=False)
    encrypted_previous_secret = models.TextField(db_column="previous_secret", blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    backoff_until = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[EndpointManager] = EndpointManager()

    class Meta(TenantOwned.Meta):
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("tenant", "created_at", "id"), name="endpoint_oldest_first"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="endpoint_tenant_id"),
            models.UniqueConstraint(
                fields=("tenant", "url"), condition=Q(kind="CALLBACK"), name="endpoint_callback_once"
            ),
            models.CheckConstraint(condition=Q(status__in=("ACTIVE", "PAUSED")), name="endpoint_status_known"),
        )

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        """The secret that signs; raises SecretUnreadable where SECRET_KEY has changed and the old one is not known."""
        return decrypt_secret(self.encrypted_secret)

    @property
    def previous_secret(self) -> str:
        """The secret that signs, too, until `previous_secret_until`; raises SecretUnreadable."""
        return decrypt_secret(self.encrypted_previous_secret)


class Message(TenantOwned):
    """A payload, once for all its subscribers, byte for byte as it is signed and sent.

    Attributes:
        id: the envelope's `eventId`, and the `webhook-id` of every attempt.
        body: UTF-8 JSON.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    event_type = models.CharField(max_length=40)
    body = models.TextField()
    created_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "id"), name="message_tenant_id"),)

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"


class DeliveryQuerySet(TenantQuerySet["Delivery"]):
    def due(self, at: datetime) -> "DeliveryQuerySet":
        """Filter deliveries whose attempt may start now, the longest wait first."""
        return self.filter(due_at__lte=at).order_by("due_at")

    def callbacks(self) -> "DeliveryQuerySet":
        """Filter callbacks."""
        return self.filter(host__isnull=False)

    def queued(self) -> "DeliveryQuerySet":
        """Filter unfinished deliveries that are kept in order."""
        return self.filter(settled_at__isnull=True, sequence__gt=0)


class DeliveryManager(ScopedManager["Delivery"].from_queryset(DeliveryQuerySet)):  # type: ignore[misc]  # the base is made at run time
    pass


class Delivery(TenantOwned):
    """A message on its way to one endpoint.

    PENDING until an attempt succeeds or the last one has failed. Of one ordering key (an order, or a pet) to one
    endpoint only the oldest unfinished delivery has a `due_at`: that keeps the order, and the queue's index short.
    Callbacks, tests and redeliveries have no place in that order: nothing waits for them.

    Attributes:
        url: a callback's URL; empty where it is the endpoint's own.
        host: of that URL; None for all but callbacks.
        ordering_key: the order or pet whose deliveries are kept in order.
        sequence: its place among those of its ordering key; 0 for none.
        due_at: when the next attempt may start; None while an older one of its ordering key is unfinished. A claim
            moves it to the end of the lease.
        claim: the token of the lease; settling the delivery requires it.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING"
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries", db_constraint=False)
    url = models.CharField(max_length=2000, blank=True)
    host = models.CharField(max_length=MAX_HOST, null=True)  # noqa: DJ001  # that it is there is what the index asks
    ordering_key = models.UUIDField()
    sequence = models.PositiveBigIntegerField(default=0)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    created_at = DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    objects: ClassVar[DeliveryManager] = DeliveryManager()

    class Meta(TenantOwned.Meta):
        verbose_name_plural = "deliveries"
        ordering = ("-created_at", "-id")
        indexes = (
            # Conditions that a prepared statement proves, whatever its parameters: only PENDING rows have a `due_at`,
            # and no `settled_at`.
            models.Index(fields=("endpoint", "due_at"), condition=Q(due_at__isnull=False), name="delivery_due"),
            models.Index(
                fields=("due_at",), condition=Q(due_at__isnull=False, host__isnull=False), name="delivery_callback_due"
            ),
            models.Index(
                fields=("endpoint", "ordering_key", "sequence"),
                condition=Q(settled_at__isnull=True),
                name="delivery_unfinished",
            ),
            models.Index(fields=("endpoint",), condition=Q(status="FAILED"), name="delivery_failed"),
            models.Index(
                F("tenant"), F("endpoint"), F("created_at").desc(), F("id").desc(), name="delivery_of_endpoint"
            ),
            models.Index(fields=("tenant", "ordering_key", "created_at"), name="delivery_of_ordering_key"),
            models.Index(fields=("settled_at",), condition=Q(settled_at__isnull=False), name="delivery_age"),
        )
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="delivery_tenant_id"),
            models.UniqueConstraint(fields=("endpoint", "message"), name="delivery_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(status__in=("PENDING", "SUCCEEDED", "FAILED")), name="delivery_status_known"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_redeliverable(self) -> bool:
        """It is settled, or waits for its next attempt."""
        is_leased = self.claim is not None and self.due_at is not None and self.due_at > clock.now()
        return self.settled_at is not None or (self.due_at is not None and not is_leased)


class Attempt(TenantOwned):
    """One attempt of a delivery, and its result.

    Attributes:
        error: a short code where there was no whole response (`outbound.connections.Failure`).
        answer: the beginning of the receiver's response, for staff.
    """

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", db_constraint=False, db_index=False
    )
    number = models.PositiveSmallIntegerField()
    at = DateTimeField(default=clock.now)
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=1000, blank=True)

    class Meta(TenantOwned.Meta):
        ordering = ("id",)
        indexes = (models.Index(fields=("tenant", "delivery", "id"), name="attempt_of_delivery"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.status_code or self.error}"
