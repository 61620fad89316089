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
from petstore.interfaces.rest import date_ranges
from petstore.interfaces.rest.fields import Amount, Currency, WholeNumber
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.representation import compile_representation
from petstore.interfaces.rest.serializers import Output
from petstore.interfaces.rest.viewsets import ApiViewSet


@extend_schema_field({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$", "examples": ["12345.00"]})
class Revenue(Amount):
    """A sum of amounts, which may have more digits than an amount."""


class DayOutput(Output):
    """The orders placed on a day (UTC), and its revenue in the answer's `currency`."""

    date = serializers.DateField()
    orders = WholeNumber()
    revenue = Revenue()

    class Meta:
        ref_name = "DayOfOrders"


class FiguresOutput(Output):
    """The figures of the store, without those by day."""

    totalUsers = WholeNumber(source="total_users")
    activeUsers = WholeNumber(source="active_users")
    totalPets = WholeNumber(source="total_pets")
    availablePets = WholeNumber(source="available_pets")
    totalOrders = WholeNumber(source="total_orders")
    ordersByStatus = serializers.DictField(child=WholeNumber(), source="orders_by_status")
    totalRevenue = Revenue(source="total_revenue", help_text="The amount paid, less what was or has to be refunded.")
    currency = Currency()
    revenueByCurrency = serializers.DictField(child=Revenue(), source="revenue_by_currency")


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
