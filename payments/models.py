from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Round

from kernel import clock, ids, money
from orders.models import Order
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import TenantManager, TenantOwned, TenantQuerySet, tenant_key

CENTS: Final = Cast(Round(F("amount") * 100), models.BigIntegerField())
"""SQLite would add up floats; whole cents are exact on every database (guarantees, G11)."""


class PaymentQuerySet(TenantQuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        """Payments that have charged the customer or may still do so; an order has at most one."""
        return self.filter(status__in=Payment.LIVE)

    def owed(self) -> "PaymentQuerySet":
        """Payments whose money has to go back, and the gateway has not confirmed it."""
        return self.filter(refund_requested_at__isnull=False).exclude(status=Payment.Status.REFUNDED)

    def kept(self) -> "PaymentQuerySet":
        """Payments that went through and whose money does not have to go back."""
        return self.filter(status=Payment.Status.SUCCEEDED, refund_requested_at__isnull=True)

    def due(self) -> "PaymentQuerySet":
        """Payments whose next word with the gateway is due, the one that waits longest first."""
        return self.filter(due_at__lte=clock.now()).order_by("due_at")


class PaymentManager(TenantManager["Payment"].from_queryset(PaymentQuerySet)):  # type: ignore[misc]  # the base is made at run time
    pass


class Payment(TenantOwned):
    """One attempt to pay an order (contract, Payments).

    Born PROCESSING, committed before the gateway is called with its id as the key. The gateway's answer makes
    it SUCCEEDED, and the order APPROVED, or FAILED; a bank that takes its time makes it PENDING. Where no answer
    came it stays PROCESSING, and a sweep asks the gateway later. When the order is cancelled first, it is
    CANCELLED, and a charge that turns up nevertheless is refunded; a SUCCEEDED payment of a cancelled order is
    refunded and then REFUNDED, unless the gateway refuses that for good and staff have not noted yet that the money
    went back by other means. `due_at` says that there is something left to settle with the gateway, and when.

    Attributes:
        source: the card or bank account as callers see it: masked.
        reference: the gateway's name for the charge; empty until it is known.
        failure_code: why the gateway declined.
        refund_attempt: how often the gateway was asked anew after it had refused the refund for good; each has its key.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING"
        PROCESSING = "PROCESSING"
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"
        REFUNDED = "REFUNDED"

    LIVE: ClassVar = (Status.PENDING, Status.PROCESSING, Status.SUCCEEDED)
    OPEN: ClassVar = (Status.PENDING, Status.PROCESSING)

    tenant = tenant_key(is_implied=True)
    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="payments", db_constraint=False, db_index=False
    )
    amount = models.DecimalField(max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    source = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PROCESSING)
    gateway = models.CharField(max_length=20)
    reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    refund_attempt = models.PositiveSmallIntegerField(default=0)
    refund_reference = models.CharField(max_length=255, blank=True)
    refund_requested_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = DateTimeField(default=clock.now)
    updated_at = DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PaymentManager] = PaymentManager()

    class Meta(TenantOwned.Meta):
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("tenant", "order", "id"), name="payment_of_order"),
            models.Index(F("tenant"), F("created_at").desc(), F("id").desc(), name="payment_newest_first"),
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="payment_due"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "order"),
                condition=Q(status__in=("PENDING", "PROCESSING", "SUCCEEDED")),
                name="payment_live_once_per_order",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("PENDING", "PROCESSING", "SUCCEEDED", "FAILED", "CANCELLED", "REFUNDED")),
                name="payment_status_known",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def has_receipt(self) -> bool:
        """The payment went through, whatever came later."""
        return self.status in {self.Status.SUCCEEDED, self.Status.REFUNDED}

    @property
    def is_refund_under_way(self) -> bool:
        """The order is cancelled and the gateway has not confirmed the refund yet."""
        return self.refund_requested_at is not None and self.status != self.Status.REFUNDED

    @property
    def is_refund_refused(self) -> bool:
        """The gateway refuses for good to give the money back: it is left to people."""
        return self.is_refund_under_way and self.due_at is None


class DailyRevenue(TenantOwned):
    """The number and sum of the payments made on a day (UTC) that the store keeps.

    Kept by triggers in the transaction of each change: a payment is counted when it has SUCCEEDED, and no more when its
    money has to go back. In shards, as `orders.models.DayTally`; one of them alone means nothing.

    Attributes:
        cents: hundredths of the currency, for sums that are exact on every database.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    shard = models.PositiveSmallIntegerField()
    payments = models.BigIntegerField()
    cents = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        indexes = (models.Index(fields=("day",), name="daily_revenue_of_day"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "day", "currency", "shard"), name="daily_revenue_shard_once"),
        )

    def __str__(self) -> str:
        return f"{self.cents} cents {self.currency} of {self.day} in shard {self.shard}"


class SandboxEntry(models.Model):
    """A line in the books of the embedded gateway, which plays the bank: it belongs to no tenant.

    Attributes:
        key: the idempotency key that the charge or refund came with.
    """

    key = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=6)
    outcome = models.CharField(max_length=10)
    reference = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=64, blank=True)
    created_at = DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "sandbox entries"

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
