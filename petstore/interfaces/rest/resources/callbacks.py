"""POST /v1/orders/{id}, the "Callback Example" (contract, Orders)."""

from typing import ClassVar
from uuid import UUID

from django.core.validators import RegexValidator
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiCallback, OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from outbound.targets import MAX_URL
from petstore.interfaces.representation.fields import AmountField, CurrencyField, TextField
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.openapi.events import CALLBACK
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.resources.orders import OrderViewSet
from webhooks.services.callbacks import enqueue_order_callback

_UNIX_SECONDS = RegexValidator(r"^[0-9]{1,12}\Z", 'Give Unix seconds as text, such as "1735689600".')


class CallbackInput(InputSerializer):
    """The amount to check the order against, and the URL to send the outcome to."""

    amount = AmountField()
    currency = CurrencyField()
    timestamp = TextField(validators=[_UNIX_SECONDS], help_text="The caller's time: Unix seconds as text.")
    callbackUrl = TextField(max_length=MAX_URL, help_text="http or https, with a public host.")

    class Meta:
        ref_name = "CallbackRequest"


ENQUEUED = OpenApiResponse(
    {"type": "object", "additionalProperties": False},
    description="Enqueued: what comes of it is sent to `callbackUrl`.",
    examples=[OpenApiExample("Enqueued", value={})],
)


class CallbackViewSet(OrderViewSet):
    """One order at its own address, where a callback can be requested, too."""

    without_location: ClassVar[frozenset[str]] = frozenset({"call_back"})
    use_cases: ClassVar[dict[str, UseCase]] = {**OrderViewSet.use_cases, "call_back": enqueue_order_callback}

    @extend_schema(
        operation_id="requestCallback",
        tags=["Webhooks"],
        request=CallbackInput,
        responses={
            201: ENQUEUED,
            409: describe_conflict_response("The callbacks of this order go to five hosts already."),
        },
        callbacks=[OpenApiCallback("orderProcessed", "{$request.body#/callbackUrl}", CALLBACK)],
    )
    def call_back(self, request: Request, order_id: UUID) -> HttpResponse:
        """Have `orderProcessed` sent to a URL: COMPLETED if the order can be paid with this money now, else FAILED.

        It is signed and retried as webhooks are, with a secret of the store's own that its staff know. Its
        `requestId` is the `X-Request-ID` of this request.
        """
        body = CallbackInput.validate_request_body(request.data)
        enqueue_order_callback(
            order_id=order_id,
            amount=body["amount"],
            currency=body["currency"],
            timestamp=body["timestamp"],
            callback_url=body["callbackUrl"],
            actor=self.actor,
            request_id=self.actor.request_id,
        )
        return Response({}, status=201)
