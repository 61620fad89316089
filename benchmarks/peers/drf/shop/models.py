"""The same tables, columns and indexes as the Pet Store's, for the rows that the benchmark touches."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

SHARED_POOL = uuid.UUID(int=1)


class Tenant(models.Model):
    """A shop of the store; the shared pool is one too."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=100)


class User(AbstractUser):
    """Somebody who buys, or works here (`is_staff`)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT)


class Pet(models.Model):
    """What is sold."""

    class Status(models.TextChoices):
        """Whether it can be bought."""

        AVAILABLE = "AVAILABLE"
        PENDING = "PENDING"
        ADOPTED = "ADOPTED"
        NOT_AVAILABLE = "NOT_AVAILABLE"

    id = models.UUIDField(primary_key=True, default=uuid7)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, db_index=False)
    species = models.CharField(max_length=10)
    name = models.CharField(max_length=50)
    breed = models.CharField(max_length=100, blank=True)
    age_months = models.PositiveIntegerField()
    size = models.CharField(max_length=6, blank=True)
    color = models.CharField(max_length=50, blank=True)
    gender = models.CharField(max_length=7, blank=True)
    good_with_kids = models.BooleanField(null=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    description = models.TextField(blank=True)
    status = models.CharField(max_length=15, choices=Status, default=Status.AVAILABLE)
    spayed_neutered = models.BooleanField(default=False)
    vaccinated = models.BooleanField(default=False)
    microchipped = models.BooleanField(default=False)
    special_needs = models.BooleanField(default=False)
    health_notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "status", "created_at", "id"], name="pet_by_status"),
            models.Index(fields=["tenant", "created_at", "id"], name="pet_oldest_first"),
        ]


class PetPhoto(models.Model):
    """A picture of a pet."""

    pet = models.ForeignKey(Pet, on_delete=models.CASCADE, related_name="photos")
    url = models.URLField(max_length=500)


class Order(models.Model):
    """One purchase of one pet."""

    class Status(models.TextChoices):
        """Where it stands."""

        PLACED = "PLACED"
        APPROVED = "APPROVED"
        SHIPPED = "SHIPPED"
        DELIVERED = "DELIVERED"
        CANCELLED = "CANCELLED"

    id = models.UUIDField(primary_key=True, default=uuid7)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, db_index=False)
    pet = models.ForeignKey(Pet, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLACED)
    total_amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="order_newest"),
            models.Index(fields=["tenant", "status", "-created_at", "-id"], name="order_status_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pet"], condition=Q(status__in=["PLACED", "APPROVED", "SHIPPED"]), name="order_one_open_a_pet"
            ),
        ]


class OrderTransition(models.Model):
    """One step of an order's life."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Event(models.Model):
    """The audit entry that is the outbox message too."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT)
    name = models.CharField(max_length=50)
    subject_id = models.UUIDField(db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)


class PendingEvent(models.Model):
    """An event that is still to be sent."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True)
    due_at = models.DateTimeField(auto_now_add=True, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
