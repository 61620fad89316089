"""Serve /v1/admin/dashboard/stats (contract, Admin API)."""

from typing import Any, ClassVar

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel import money
from kernel.access import UseCase
from orders.date_ranges import DateRange
from payments.statistics import compute_store_statistics
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import AmountField, CurrencyField, WholeNumberField
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest import date_ranges
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet


@extend_schema_field({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$", "examples": ["12345.00"]})
class RevenueField(AmountField):
    """A sum of amounts, which may have more digits than an amount."""


class DayOutput(OutputSerializer):
    """The orders placed on a day (UTC), and its revenue in the answer's `currency`."""

    date = serializers.DateField()
    orders = WholeNumberField()
    revenue = RevenueField()

    class Meta:
        ref_name = "DayOfOrders"


class FiguresOutput(OutputSerializer):
    """The figures of the store, without those by day."""

    totalUsers = WholeNumberField(source="total_users")
    activeUsers = WholeNumberField(source="active_users")
    totalPets = WholeNumberField(source="total_pets")
    availablePets = WholeNumberField(source="available_pets")
    totalOrders = WholeNumberField(source="total_orders")
    ordersByStatus = serializers.DictField(child=WholeNumberField(), source="orders_by_status")
    totalRevenue = RevenueField(
        source="total_revenue", help_text="The amount paid, less what was or has to be refunded."
    )
    currency = CurrencyField()
    revenueByCurrency = serializers.DictField(child=RevenueField(), source="revenue_by_currency")


class StatisticsOutput(FiguresOutput):
    """The figures of the store."""

    ordersByDay = DayOutput(many=True, source="orders_by_day")

    class Meta:
        ref_name = "DashboardStats"


_SAYS = f"The {{}} day (UTC) or moment of the orders that are counted, {date_ranges.EXAMPLES}."
_PARAMETERS = [
    OpenApiParameter("from", date_ranges.SCHEMA, description=_SAYS.format("first")),
    OpenApiParameter("to", date_ranges.SCHEMA, description=_SAYS.format("last")),
    OpenApiParameter(
        "currency",
        {"type": "string", "pattern": money.CURRENCY_PATTERN, "default": money.DEFAULT_CURRENCY},
        description="Of `totalRevenue` and of the days' revenue.",
    ),
]


class StatisticsViewSet(ApiViewSet):
    """The figures of the store."""

    resource = "statistics"
    serializer_class = StatisticsOutput
    use_cases: ClassVar[dict[str, UseCase]] = {"show_statistics": compute_store_statistics}

    @extend_schema(operation_id="getDashboardStats", parameters=_PARAMETERS)
    def show_statistics(self, request: Request) -> Response:
        """Get the figures of the store.

        `from` and `to` choose the orders by the time when they were placed; without them all orders count.
        `ordersByDay` has every day from `from` to `to`, at most 3660 days: without `to` up to today, without `from`
        the last 30. Users and pets are counted as they are now. Revenue is what was paid in the range, less what was
        or has to be refunded; a refund counts on the day of its payment.
        """
        query = request._request.GET
        figures = compute_store_statistics(
            span=_read_date_range(query), currency=_read_query_currency(query), actor=self.actor
        )
        days: list[dict[str, Any]] = [compile_representation(DayOutput)(day) for day in figures.orders_by_day]
        return Response(compile_representation(FiguresOutput)(figures) | {"ordersByDay": days})


def _read_date_range(query: QueryDict) -> DateRange:
    since = date_ranges.read_query_moment(query, "from", date_ranges.parse_range_start)
    return DateRange(since, date_ranges.read_query_moment(query, "to", date_ranges.parse_range_end))


def _read_query_currency(query: QueryDict) -> str:
    text = query.get("currency")
    return money.parse_currency_code(text) if text else money.DEFAULT_CURRENCY
