"""Serve /v1/orders (contract, Orders)."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from kernel.actor import Actor
from orders.models import Order
from orders.queries import count_listed_orders, fetch_newest_orders, get_order, list_order_transitions, list_orders
from orders.services.placement import place_order
from payments.services.order_transitions import cancel_order
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import NEWEST_FIRST
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.filters import filter_by_query
from petstore.interfaces.representation.order_filters import OrderFilter
from petstore.interfaces.representation.orders import OrderInput, OrderOutput, TransitionOutput
from petstore.interfaces.representation.page_requests import is_first_page, is_unfiltered_list, read_page_request
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.representation.totals import EXACT_UP_TO, Total, complete_bounded_count
from petstore.interfaces.rest.conditional import read_expected_version, respond_with_etag
from petstore.interfaces.rest.idempotency import replays_stored_response
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import CollectionPagination, PaginatedViewSet
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import build_location


class HistoryOutput(OutputSerializer):
    """The status changes of an order, first to last."""

    data = TransitionOutput(many=True)  # type: ignore[assignment]  # a field's name in every collection

    class Meta:
        ref_name = "OrderHistory"


class OrderViewSet(PaginatedViewSet):
    """Orders: anybody places them, their customer and staff read and cancel them."""

    resource = "orders"
    serializer_class = OrderOutput
    filterset_class = OrderFilter
    ordering = NEWEST_FIRST
    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_orders,
        "create": place_order,
        "retrieve": get_order,
        "cancel_order": cancel_order,
        "list_order_history": list_order_transitions,
    }

    def get_queryset(self) -> QuerySet[Order]:
        return list_orders(self.actor)

    def list(self, request: Request) -> Response:
        """List the orders that the caller may see, newest first."""
        if is_first_page(request._request.GET):
            return self._list_first_page(request)
        if is_unfiltered_list(request._request.GET):
            paginator = CollectionPagination(NEWEST_FIRST, total=_count_listed_orders(self.actor))
            return self.respond_with_page(self.get_queryset(), paginator=paginator)
        return self.respond_with_page(filter_by_query(OrderFilter, request._request.GET, self.get_queryset()))

    def _list_first_page(self, request: Request) -> Response:
        """Return the first page of the whole list, the one that is read most: by compiled queries."""
        limit, paginator = read_page_request(request._request.GET).limit, CollectionPagination(NEWEST_FIRST)
        rows = fetch_newest_orders(self.actor, limit=limit + 1)
        page = paginator.use_first_page(rows, request, limit=limit, total=_count_listed_orders(self.actor))
        represent = compile_representation(OrderOutput)
        return paginator.get_paginated_response([represent(order) for order in page])

    @extend_schema(
        request=OrderInput,
        responses={
            201: OrderOutput,
            409: describe_conflict_response(
                "The pet is not AVAILABLE, or the first request with the key is still running."
            ),
        },
    )
    @replays_stored_response
    def create(self, request: Request) -> Response:
        """Place an order for an available pet. It starts PLACED, at the pet's price.

        Without a token the number of unpaid orders of one IP address is limited; one more is answered with 429.
        """
        body = OrderInput.validate_request_body(request.data)
        order = place_order(pet_id=body["petId"], customer_id=body.get("userId"), actor=self.actor)
        headers = build_location(request, "orders", order.id) | {"ETag": format_version_etag(order.version)}
        return Response(compile_representation(OrderOutput)(order), status=201, headers=headers)

    def retrieve(self, request: Request, order_id: UUID) -> Response:
        """Get an order."""
        order = get_order(order_id, actor=self.actor)
        return respond_with_etag(
            request, format_version_etag(order.version), lambda: compile_representation(OrderOutput)(order)
        )

    @extend_schema(
        operation_id="cancelOrder",
        responses={204: None, 409: describe_conflict_response("The order is neither PLACED nor APPROVED.")},
    )
    def cancel_order(self, request: Request, order_id: UUID) -> HttpResponse:
        """Cancel a PLACED or APPROVED order. The record stays, and the pet is AVAILABLE again."""
        expected = read_expected_version(request, lambda: get_order(order_id, actor=self.actor).version)
        cancel_order(order_id=order_id, actor=self.actor, expected_version=expected)
        return Response(status=204)

    @extend_schema(operation_id="getOrderHistory", responses=HistoryOutput)
    def list_order_history(self, request: Request, order_id: UUID) -> Response:
        """List the status changes of an order, first to last."""
        steps = list_order_transitions(order_id, actor=self.actor)
        return Response({"data": [compile_representation(TransitionOutput)(step) for step in steps]})


def _count_listed_orders(actor: Actor) -> Total:
    """Count the orders of the actor's whole list."""
    counted = count_listed_orders(actor, up_to=EXACT_UP_TO + 1)
    return complete_bounded_count(counted, lambda: list_orders(actor))
