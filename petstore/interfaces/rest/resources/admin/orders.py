"""Serve /v1/admin/orders (contract, Admin API)."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from orders.models import Order, OrderTransition
from orders.queries import OrderRow, get_order, list_store_orders, select_order_rows
from orders.states import Status, command_to
from payments.services.order_transitions import force_cancel_order, transition_order
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.compiled_lists import CompiledList
from petstore.interfaces.representation.cursors import NEWEST_FIRST
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.fields import BlankTextField, EnumField, TextField
from petstore.interfaces.representation.model_rules import get_max_length
from petstore.interfaces.representation.order_filters import OrderFilter
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.page_requests import is_unfiltered_list
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.rest.conditional import read_expected_version
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.resources.orders import OrderViewSet

MAX_REASON = get_max_length(OrderTransition, "reason")


class OrderStatusInput(InputSerializer):
    """The new status of an order, and the reason."""

    status = EnumField(choices=list(Status))
    reason = BlankTextField(max_length=MAX_REASON, help_text="For the order's history.")

    class Meta:
        ref_name = "OrderStatusChange"


class ForceCancelInput(InputSerializer):
    """The reason to cancel an order."""

    reason = TextField(max_length=MAX_REASON, trim_whitespace=True, help_text="For the order's history.")

    class Meta:
        ref_name = "ForceCancellation"


_ORDERS = CompiledList(
    OrderRow._make,
    Order,
    select_order_rows,
    OrderFilter,
    common=frozenset(("status", "petId", "userId", "createdFrom", "createdTo")),
)


class AdminOrderViewSet(OrderViewSet):
    """The orders of the tenant, for its staff to list and to move along the state table."""

    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_store_orders,
        "change_status": transition_order,
        "force_cancel": force_cancel_order,
    }

    def get_queryset(self) -> QuerySet[Order]:
        return list_store_orders(self.actor)

    @extend_schema(operation_id="listAdminOrders")
    def list(self, request: Request) -> Response:
        """List the orders of the store, newest first."""
        query = request._request.GET
        if not is_unfiltered_list(query):
            self.actor.require_staff()
            found = _ORDERS.read_page(query, NEWEST_FIRST)
            if found is not None:
                return self.respond_with_read_page(*found)
        return super().list(request)

    @extend_schema(
        operation_id="updateOrderStatus",
        request=OrderStatusInput,
        responses={200: OrderOutput, 409: describe_conflict_response("The order's status does not allow this step.")},
    )
    def change_status(self, request: Request, order_id: UUID) -> Response:
        """Change the status of an order one step: PLACED, APPROVED, SHIPPED, DELIVERED, or CANCELLED before SHIPPED.

        The pet follows: ADOPTED when its order is DELIVERED, AVAILABLE again when it is CANCELLED.
        """
        body = OrderStatusInput.validate_request_body(request.data)
        seen = get_order(order_id, actor=self.actor)  # 404 before a refusal that tells of the state table
        expected = read_expected_version(request, lambda: seen.version)
        command = command_to(Status(body["status"]))
        order = transition_order(
            order_id=order_id,
            command=command,
            actor=self.actor,
            reason=body["reason"],
            expected_version=expected,
            allows_unexplained=True,
        )
        return Response(
            compile_representation(OrderOutput)(order), headers={"ETag": format_version_etag(order.version)}
        )

    @extend_schema(
        operation_id="forceCancelOrder",
        request=ForceCancelInput,
        responses={200: OrderOutput, 409: describe_conflict_response("The order is CANCELLED already.")},
    )
    def force_cancel(self, request: Request, order_id: UUID) -> Response:
        """Cancel an order in any status. The pet is AVAILABLE again, unless it has been sold again since."""
        body = ForceCancelInput.validate_request_body(request.data)
        order = force_cancel_order(order_id=order_id, actor=self.actor, reason=body["reason"])
        return Response(compile_representation(OrderOutput)(order))
