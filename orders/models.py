from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Round

from kernel import clock, ids, money
from kernel.text import MAX_REASON
from orders import states
from orders.states import Status
from pets.models import Pet
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet, tenant_key

STATUS_CHOICES = [(status.value, status.value.title()) for status in Status]
CENTS: Final = Cast(Round(F("total_amount") * 100), models.BigIntegerField())
"""SQLite would add up floats; whole cents are exact on every database (guarantees, G11)."""


class OrderQuerySet(TenantQuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        """Orders that hold their pet."""
        return self.filter(status__in=states.OPEN)

    def unpaid(self) -> "OrderQuerySet":
        """Orders that wait for a payment."""
        return self.filter(status=Status.PLACED)

    def for_customer(self, user_id: UUID) -> "OrderQuerySet":
        return self.filter(user_id=user_id)

    def newest_first(self) -> "OrderQuerySet":
        return self.order_by("-created_at", "-id")


OrderManager = ScopedManager.from_queryset(OrderQuerySet)


class Order(TenantOwned):
    """An order of one pet by one customer.

    Born PLACED, at the pet's price of that moment, and the pet becomes PENDING. Paid, or approved by
    staff, it is APPROVED; staff make it SHIPPED and then DELIVERED, and the pet is ADOPTED. PLACED and
    APPROVED orders can be cancelled by the customer or staff, any other by an admin; the pet is AVAILABLE
    again. Nothing leaves CANCELLED. `orders.states` is the table; `orders.services` the only writer.
    """

    tenant = tenant_key(is_implied=True)
    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    pet = models.ForeignKey(Pet, on_delete=models.PROTECT, related_name="orders", db_constraint=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_constraint=False,
        db_index=False,
    )
    status = models.CharField(max_length=9, choices=STATUS_CHOICES, default=states.INITIAL.value, editable=False)
    total_amount = models.DecimalField(max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES)
    currency = models.CharField(max_length=3, default=money.DEFAULT_CURRENCY)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)

    objects = OrderManager()  # type: ignore[assignment, misc]  # in place of the base's

    class Meta(TenantOwned.Meta):
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(F("tenant"), F("created_at").desc(), F("id").desc(), name="order_newest_first"),
            models.Index(F("tenant"), F("status"), F("created_at").desc(), F("id").desc(), name="order_by_status"),
            models.Index(F("tenant"), F("user"), F("created_at").desc(), F("id").desc(), name="order_by_customer"),
            models.Index(
                F("tenant"),
                F("updated_at").desc(),
                condition=Q(status=Status.DELIVERED.value),
                name="order_delivered_lately",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="order_tenant_id"),
            models.UniqueConstraint(
                fields=("tenant", "pet"),
                condition=Q(status__in=[status.value for status in states.OPEN]),
                name="order_open_once_per_pet",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in Status]), name="order_status_known"
            ),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="order_total_not_negative"),
        )

    def __str__(self) -> str:
        return str(self.id)


class AnonymousReservation(TenantOwned):
    """A PLACED order without a token: it holds a pet that nobody has paid for.

    The database deletes the row when the order leaves PLACED, and refuses one more than are allowed.

    Attributes:
        origin: an HMAC of the caller's network (`orders.services.anonymous`); the address itself is not kept here.
        allowed: how many the origin may have, this one included.
    """

    tenant = tenant_key(is_implied=True)
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    origin = models.CharField(max_length=64)
    allowed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.order_id)


class AnonymousReservationCount(models.Model):
    """The number of such orders of one origin, over all tenants; triggers keep it in the transaction of each change."""

    origin = models.CharField(max_length=64, primary_key=True)
    orders = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.orders}"


class OrderTransition(TenantOwned):
    """A step of an order; together they are its history."""

    tenant = tenant_key(is_implied=True)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="transitions", db_constraint=False, db_index=False
    )
    from_status = models.CharField(max_length=9, choices=STATUS_CHOICES, blank=True)
    to_status = models.CharField(max_length=9, choices=STATUS_CHOICES)
    by = models.CharField(max_length=36)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        ordering = ("id",)
        indexes = (models.Index(fields=("tenant", "order", "id"), name="transition_of_order"),)

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status}"


class OrderCount(TenantOwned):
    """The number of orders of a tenant, counted by a trigger in the transaction of each insert.

    A tenant's count is the sum of its shards: each database connection adds to a shard of its own, so
    that simultaneous orders do not wait for one another. Orders are never deleted.
    """

    shard = models.PositiveSmallIntegerField()
    counted = models.PositiveBigIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "shard"), name="order_count_shard_once"),)

    def __str__(self) -> str:
        return f"{self.counted} in shard {self.shard}"


class DailyOrderTotals(TenantOwned):
    """The number and worth of the orders that were placed on a day (UTC), by their present status.

    Kept by triggers in the transaction of each insert and of each step, in shards as `OrderCount` is. One shard
    alone means nothing, and may well be negative: an order may come in one and leave in another.

    Attributes:
        cents: hundredths of the currency, for sums that are exact on every database.
    """

    day = models.DateField()
    status = models.CharField(max_length=9)
    currency = models.CharField(max_length=3)
    shard = models.PositiveSmallIntegerField()
    orders = models.BigIntegerField()
    cents = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        indexes = (models.Index(fields=("day",), name="daily_order_totals_of_day"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "day", "status", "currency", "shard"), name="daily_order_totals_shard_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.orders} {self.status} of {self.day} in shard {self.shard}"
