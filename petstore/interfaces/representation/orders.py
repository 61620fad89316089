"""Orders as every protocol shows them (contract, Order)."""

from orders.states import Status
from petstore.interfaces.representation.fields import (
    AmountField,
    CurrencyField,
    EnumField,
    IdField,
    TenantIdField,
    TimestampField,
)
from petstore.interfaces.representation.serializers import OutputSerializer


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
