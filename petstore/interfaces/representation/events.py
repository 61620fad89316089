"""Data of the store's events as every protocol shows it (contract, Webhooks)."""

from rest_framework import serializers

from orders.states import Status
from pets.models import Pet
from petstore.interfaces.representation.fields import EnumField, IdField, TextField, TimestampField
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.payments import PaymentOutput
from petstore.interfaces.representation.serializers import OutputSerializer


class OrderStatusChangedOutput(OutputSerializer):
    """An order was placed, or its status changed."""

    order = OrderOutput()
    previousStatus = EnumField(choices=list(Status), allow_null=True, help_text="Null for a new order.")
    newStatus = EnumField(choices=list(Status))
    changedAt = TimestampField()
    changedBy = TextField(help_text="The user's id, or `system`.")

    class Meta:
        ref_name = "OrderStatusChanged"


class NewReceiptOutput(OutputSerializer):
    """The receipt of a payment."""

    receiptId = IdField()
    receiptUrl = TextField()
    generatedAt = TimestampField()

    class Meta:
        ref_name = "NewReceipt"


class PaymentSnapshotOutput(PaymentOutput):
    """A payment as it stood in the journal, whatever cards and currencies there were then."""

    currency = TextField()  # type: ignore[assignment]  # wider than that of a payment now
    source = serializers.DictField(help_text="Masked.")  # type: ignore[assignment]  # the contract's name, and one of DRF's

    class Meta:
        ref_name = "PaymentSnapshot"


class PaymentSucceededOutput(OutputSerializer):
    """An order was paid."""

    payment = PaymentSnapshotOutput()
    order = OrderOutput()
    receipt = NewReceiptOutput()

    class Meta:
        ref_name = "PaymentSucceeded"


class PaymentFailedOutput(OutputSerializer):
    """A payment was declined, or could not be made."""

    payment = PaymentSnapshotOutput()
    order = OrderOutput()

    class Meta:
        ref_name = "PaymentFailed"


class PetStatusChangedOutput(OutputSerializer):
    """A pet was ordered, adopted, or is available again."""

    petId = IdField()
    previousStatus = EnumField(choices=Pet.Status.values, allow_null=True)
    newStatus = EnumField(choices=Pet.Status.values)
    changedAt = TimestampField()

    class Meta:
        ref_name = "PetStatusChanged"


class WebhookTestOutput(OutputSerializer):
    """A test that staff asked for."""

    webhookId = IdField()

    class Meta:
        ref_name = "WebhookTest"
