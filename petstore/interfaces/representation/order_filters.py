"""The filters of a list of orders, as every protocol takes them (contract, Orders)."""

from typing import ClassVar

import django_filters

from orders.models import Order
from orders.states import Status
from petstore.interfaces.representation.filters import EnumFilter, IdFilter, TimeFilter


class OrderFilter(django_filters.FilterSet):
    """The filters of the list; `userId` is for staff."""

    status = EnumFilter(choices=list(Status))
    petId = IdFilter(field_name="pet_id")
    userId = IdFilter(field_name="user_id")
    createdFrom = TimeFilter(field_name="created_at", lookup_expr="gte")
    createdTo = TimeFilter(field_name="created_at", lookup_expr="lte")

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []
