"""The order, in and out."""

from typing import ClassVar
from uuid import UUID

from rest_framework import serializers

from shop.models import SHARED_POOL, Order, Pet


class OrderSerializer(serializers.ModelSerializer[Order]):
    """The contract's Order; only the pet is the caller's to choose."""

    petId = serializers.PrimaryKeyRelatedField(source="pet", queryset=Pet.objects.all())
    userId = serializers.UUIDField(source="user_id", read_only=True)
    totalAmount = serializers.DecimalField(source="total_amount", max_digits=12, decimal_places=2, read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)
    tenantId = serializers.SerializerMethodField(method_name="get_tenant_id")

    class Meta:
        model = Order
        fields = [
            "id", "petId", "userId", "status", "totalAmount", "currency", "createdAt", "updatedAt", "tenantId",
        ]  # fmt: skip
        read_only_fields = ["id", "status", "currency"]
        validators: ClassVar[list[object]] = []  # a pet that is taken is 409, which perform_create says

    def get_tenant_id(self, order: Order) -> UUID | None:
        """The order's tenant, null in the shared pool."""
        return None if order.tenant_id == SHARED_POOL else order.tenant_id
