"""The journal: audit events, the outbox and the hash chain."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Func, Q

from kernel import clock, ids
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet, tenant_key


class EntityType(models.TextChoices):
    """The kind of thing that an event is about (contract, AuditLog)."""

    ORDERS = "ORDERS"
    USERS = "USERS"
    PETS = "PETS"
    PAYMENTS = "PAYMENTS"
    TENANTS = "TENANTS"
    WEBHOOKS = "WEBHOOKS"
    APPLICATIONS = "APPLICATIONS"
    ROOMS = "ROOMS"


class Action(models.TextChoices):
    """The kind of change that an event records (contract, AuditLog)."""

    ORDER_CREATED = "ORDER_CREATED"
    ORDER_STATUS_CHANGED = "ORDER_STATUS_CHANGED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDERS_EXPORTED = "ORDERS_EXPORTED"
    PAYMENT_SUCCEEDED = "PAYMENT_SUCCEEDED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_CANCELLED = "PAYMENT_CANCELLED"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    REFUND_REFUSED = "REFUND_REFUSED"
    PAYER_ERASED = "PAYER_ERASED"
    USER_CREATED = "USER_CREATED"
    USER_UPDATED = "USER_UPDATED"
    USER_STATUS_CHANGED = "USER_STATUS_CHANGED"
    USER_DELETED = "USER_DELETED"
    LOGIN_FAILED = "LOGIN_FAILED"
    PET_CREATED = "PET_CREATED"
    PET_UPDATED = "PET_UPDATED"
    PET_STATUS_CHANGED = "PET_STATUS_CHANGED"
    PET_DELETED = "PET_DELETED"
    TENANT_CREATED = "TENANT_CREATED"
    TENANT_UPDATED = "TENANT_UPDATED"
    MEMBER_ADDED = "MEMBER_ADDED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    WEBHOOK_CREATED = "WEBHOOK_CREATED"
    WEBHOOK_UPDATED = "WEBHOOK_UPDATED"
    WEBHOOK_PAUSED = "WEBHOOK_PAUSED"
    WEBHOOK_DELETED = "WEBHOOK_DELETED"
    DELIVERY_REDELIVERED = "DELIVERY_REDELIVERED"
    APPLICATION_CREATED = "APPLICATION_CREATED"
    APPLICATION_UPDATED = "APPLICATION_UPDATED"
    APPLICATION_PAUSED = "APPLICATION_PAUSED"
    APPLICATION_DELETED = "APPLICATION_DELETED"
    CONSENT_GRANTED = "CONSENT_GRANTED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    ROOM_ASSIGNED = "ROOM_ASSIGNED"
    ROOM_CLOSED = "ROOM_CLOSED"
    SECRET_REVEALED = "SECRET_REVEALED"  # noqa: S105  # an action's name


FREE_TEXT_FIELDS = ("reason", "by_other_means")
"""Fields of an event's details in which people have written in their own words."""


class WithoutFreeText(Func):
    """An event's details without free text."""

    function = "json_remove"
    template = "%(function)s(%(expressions)s, " + ", ".join(f"'$.{name}'" for name in FREE_TEXT_FIELDS) + ")"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "%(expressions)s" + "".join(f" - '{name}'" for name in FREE_TEXT_FIELDS)
        return super().as_sql(compiler, connection, template=template, **context)


class AppendOnly(RuntimeError):
    """Code tried to rewrite the journal: a defect."""


class AuditEventQuerySet(TenantQuerySet["AuditEvent"]):
    """Events are read and added, and never changed but for what must not be kept for ever."""

    def remove_origins(self) -> None:
        """Remove addresses and request ids."""
        TenantQuerySet.update(self.filter(ip_address__isnull=False), ip_address=None)
        TenantQuerySet.update(self.exclude(request_id=""), request_id="")

    def remove_free_text(self) -> None:
        """Remove free text."""
        TenantQuerySet.update(self.filter(details__has_any_keys=FREE_TEXT_FIELDS), details=WithoutFreeText("details"))

    def update(self, **_values: Any) -> int:
        """Raise AppendOnly."""
        raise AppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raise AppendOnly."""
        raise AppendOnly


class AuditEvent(TenantOwned):
    """One row of the journal: audit event, outbox message and live update in one.

    Written in the transaction of the change that it records, and never changed or deleted afterwards: the model, a
    trigger and later the database role refuse it (guarantees, G16). Two parts can be removed, and nothing else put
    in their place: the origin (`ip_address`, `request_id`), and the free text in `details` (`FREE_TEXT_FIELDS`).
    """

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    action = models.CharField(max_length=40, choices=Action)
    entity_type = models.CharField(max_length=20, choices=EntityType)
    entity_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)
    ip_address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    created_at = DateTimeField(default=clock.now)

    objects: ClassVar[Any] = ScopedManager.from_queryset(AuditEventQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = "journal entry"
        verbose_name_plural = "journal entries"
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(F("tenant"), F("created_at").desc(), F("id").desc(), name="event_newest_first"),
            models.Index(
                F("tenant"), F("entity_id"), F("created_at").desc(), F("id").desc(), name="event_newest_of_entity"
            ),
            models.Index(
                F("tenant"),
                F("actor_id"),
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(actor_id__isnull=False),
                name="event_newest_of_actor",
            ),
            models.Index(
                F("tenant"), F("action"), F("created_at").desc(), F("id").desc(), name="event_newest_of_action"
            ),
        )
        constraints = (models.UniqueConstraint(fields=("tenant", "id"), name="event_tenant_id"),)

    def __str__(self) -> str:
        return f"{self.action} {self.entity_id or ''}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the event; a second time raises AppendOnly."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise AppendOnly."""
        raise AppendOnly


class PendingEvent(TenantOwned):
    """An outbox row: the event has not been sealed and published yet. The worker deletes it when it has.

    Attributes:
        quarantined_at: when the worker could not read the event, and went on with the others.
    """

    tenant = tenant_key(is_implied=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="pending", db_constraint=False)
    quarantined_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.event_id)


class ChainLink(TenantOwned):
    """An event's link in the hash chain over the whole journal, made by the worker (`events.hash_chain`).

    Attributes:
        key_id: the key that made the digest.
        origin_digest, free_text_digest: salted digests that stand in the chain for the removable parts of the event;
            empty where the event had no such part.
        origin_salt, free_text_salt: empty once the part is removed; without it the digest reveals nothing.
    """

    tenant = tenant_key(is_implied=True)
    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="chain_link", db_constraint=False)
    digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    origin_salt = models.CharField(max_length=32, blank=True)
    origin_digest = models.CharField(max_length=64, blank=True)
    free_text_salt = models.CharField(max_length=32, blank=True)
    free_text_digest = models.CharField(max_length=64, blank=True)
    sealed_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        ordering = ("position",)
        indexes = (models.Index(fields=("position",), condition=~Q(origin_salt=""), name="chain_link_with_origin"),)

    def __str__(self) -> str:
        return f"{self.position}: {self.digest}"
