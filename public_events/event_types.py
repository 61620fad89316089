"""The types of public events (contract, Webhooks)."""

from django.db.models import TextChoices


class EventType(TextChoices):
    """A type of event that the world can subscribe to."""

    ORDER_STATUS_CHANGED = "order.statusChanged"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_FAILED = "payment.failed"
    PET_STATUS_CHANGED = "pet.statusChanged"
