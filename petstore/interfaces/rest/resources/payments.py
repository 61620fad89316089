"""/v1/orders/{id}/payment and /v1/orders/{id}/payments (contract, Payments)."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from orders.queries import get_order
from payments.models import Payment
from payments.queries import PaymentRow, list_order_payments, select_payment_rows
from payments.services.payment import pay_order
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.compiled_lists import CompiledList
from petstore.interfaces.representation.cursors import OLDEST_FIRST
from petstore.interfaces.representation.payments import PaymentInput, PaymentOutput
from petstore.interfaces.rest.idempotency import replays_recoverable_response
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import PaginatedViewSet
from petstore.interfaces.rest.renderers import Response

_PAYMENTS = CompiledList(PaymentRow._make, Payment, select_payment_rows)


class PaymentViewSet(PaginatedViewSet):
    """The payments of an order: made and read by whoever may read the order."""

    resource = "payments"
    serializer_class = PaymentOutput
    without_location: ClassVar[frozenset[str]] = frozenset({"pay"})
    use_cases: ClassVar[dict[str, UseCase]] = {"pay": pay_order, "list": list_order_payments}

    @extend_schema(
        operation_id="payOrder",
        tags=["Payments"],
        request=PaymentInput,
        responses={
            201: PaymentOutput,
            409: describe_conflict_response(
                "The order is not PLACED, another payment of it is under way, or the key's first request still runs."
            ),
        },
    )
    @replays_recoverable_response
    @sensitive_variables()
    def pay(self, request: Request, order_id: UUID, effect_id: UUID | None = None) -> Response:
        """Pay a PLACED order; when that SUCCEEDED, it is APPROVED. A declined payment FAILED and may be tried anew.

        PENDING and PROCESSING mean that the bank or its gateway takes its time: `GET /orders/{id}/payments`, the
        order's events and webhooks tell how it ends. Of several payments of an order at once only one is made.
        """
        body = PaymentInput.validate_request_body(request.data)
        payment = pay_order(order_id=order_id, **body, actor=self.actor, payment_id=effect_id)
        return Response(compile_representation(PaymentOutput)(payment), status=201)

    @extend_schema(operation_id="listOrderPayments", tags=["Payments"])
    def list(self, request: Request, order_id: UUID) -> HttpResponse:
        """The payments of an order, oldest first: the declined ones, too."""
        get_order(order_id, actor=self.actor)
        found = _PAYMENTS.read_page(request._request.GET, OLDEST_FIRST, order_id=order_id)
        if found is not None:
            return self.respond_with_read_page(*found)
        return self.respond_with_page(list_order_payments(order_id, actor=self.actor))
