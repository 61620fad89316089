from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Round

from kernel import clock, ids, money
from orders.models import Order
from payments.gateways.ledger import SandboxEntry
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet, tenant_key

__all__ = ["CENTS", "DailyRevenue", "Payment", "PaymentManager", "PaymentQuerySet", "SandboxEntry"]

CENTS: Final = Cast(Round(F("amount") * 100), models.BigIntegerField())
"""The amount in whole cents: SQLite would add up floats, cents are exact on every database (guarantees, G11)."""


class PaymentQuerySet(TenantQuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        """Keep payments that have charged the customer or may still do so; an order has at most one."""
        return self.filter(status__in=Payment.LIVE)

    def awaiting_refund(self) -> "PaymentQuerySet":
        """Keep payments with a requested refund that is not confirmed yet."""
        return self.filter(refund_requested_at__isnull=False).exclude(status=Payment.Status.REFUNDED)

    def kept(self) -> "PaymentQuerySet":
        """Keep payments that went through and have no refund requested."""
        return self.filter(status=Payment.Status.SUCCEEDED, refund_requested_at__isnull=True)

    def due(self) -> "PaymentQuerySet":
        """Keep payments that the gateway has to be asked about now, the longest waiting first."""
        return self.filter(due_at__lte=clock.now()).order_by("due_at")


PaymentManager = ScopedManager.from_queryset(PaymentQuerySet)


class Payment(TenantOwned):
    """One attempt to pay an order (contract, Payments; guarantees, G2).

    The payment: it is committed as PROCESSING before the gateway is called, with its id as the idempotency key. The
    gateway's answer makes it SUCCEEDED, and the order APPROVED, or FAILED; a bank that takes its time makes it PENDING.
    Without an answer it stays PROCESSING, and the worker asks the gateway later (`services.reconciliation`). When the
    order is cancelled first, the payment is CANCELLED; a charge that turns up nevertheless is refunded.

    The refund: `refund_requested_at` is set in the transaction that cancels the order, then the gateway is asked, again
    and again until it answers (`services.refunds`). Its answer makes the payment REFUNDED. If it refuses for good, the
    refund waits for staff: they ask once more, under a new key, or record that the money went back by other means.

    Attributes:
        source: the masked card or bank account.
        reference: the gateway's id of the charge; blank until it is known.
        failure_code: the gateway's reason to decline the charge or to refuse the refund.
        refund_attempt: the number of refunds that the gateway refused for good and staff asked for once more.
        due_at: when to ask the gateway next; None where nothing is left to ask.
        attempts: the number of calls to the gateway, for the delay before the next one.
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

    objects = PaymentManager()  # type: ignore[assignment, misc]  # in place of the base's

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
        """True if the payment went through, whatever came later."""
        return self.status in {self.Status.SUCCEEDED, self.Status.REFUNDED}

    @property
    def is_given_up(self) -> bool:
        """True if no caller waits for a charge any more: a charge that turns up has to be refunded."""
        return self.status in {self.Status.CANCELLED, self.Status.FAILED} and self.refund_requested_at is None

    @property
    def is_refund_under_way(self) -> bool:
        """True if a refund is requested and not confirmed yet."""
        return self.refund_requested_at is not None and self.status != self.Status.REFUNDED

    @property
    def is_refund_refused(self) -> bool:
        """True if the gateway has refused the refund for good, so that staff have to act."""
        return self.is_refund_under_way and self.due_at is None


class DailyRevenue(TenantOwned):
    """The number and sum of the payments of a day (UTC) that went through and are not to be refunded.

    Triggers keep it in the transaction of each change: a payment is counted when it has SUCCEEDED, and taken off when
    its refund is requested. In shards, as `orders.models.DailyOrderTotals`; one of them alone means nothing.

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
