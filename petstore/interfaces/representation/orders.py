"""Orders as every protocol takes and shows them (contract, Order)."""

from typing import Any, ClassVar

from rest_framework import serializers

from orders.states import Status
from petstore.interfaces.representation.fields import (
    AmountField,
    BlankTextField,
    CurrencyField,
    EnumField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer


class OrderOutput(OutputSerializer):
    """An order."""

    id = IdField()
    petId = IdField(source="pet_id")
    userId = IdField(source="user_id", allow_null=True)
    status = EnumField(choices=list(Status))
    totalAmount = AmountField(source="total_amount")
    currency = CurrencyField()
    createdAt = TimestampField(source="created_at")
    updatedAt = TimestampField(source="updated_at")
    tenantId = TenantIdField(source="tenant_id", allow_null=True)

    class Meta:
        ref_name = "Order"


class OrderInput(InputSerializer):
    """A new order; the fields of older clients are ignored."""

    ignored: ClassVar[frozenset[str]] = frozenset(OrderOutput().fields) | {"quantity", "shipDate", "complete"}

    petId = IdField()
    userId = IdField(required=False, allow_null=True)

    class Meta:
        ref_name = "NewOrder"


class TransitionOutput(OutputSerializer):
    """A change of an order's status."""

    _from = BlankTextField(source="from_status")
    to = EnumField(source="to_status", choices=list(Status))
    at = TimestampField()
    by = TextField(help_text="The user's id, `system` or `anonymous`.")
    reason = BlankTextField()

    class Meta:
        ref_name = "OrderTransition"

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Rename `_from`, which is a keyword of Python without its underscore."""
        return {name.lstrip("_"): field for name, field in super().get_fields().items()}
