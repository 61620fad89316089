"""/v1/webhooks/{id}/deliveries (contract, Webhooks): deliveries of a webhook and their attempts. For staff."""

from typing import ClassVar
from uuid import UUID

import django_filters
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.fields import (
    BlankTextField,
    EnumField,
    IdField,
    TextField,
    TimestampField,
    WholeNumberField,
)
from petstore.interfaces.representation.filters import EnumFilter, filter_by_query
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import PaginatedViewSet
from petstore.interfaces.rest.renderers import Response
from webhooks.models import Delivery
from webhooks.queries import get_webhook_delivery, get_webhook_endpoint, list_endpoint_deliveries
from webhooks.services.redelivery import queue_redelivery, send_test_delivery


class AttemptOutput(OutputSerializer):
    """One attempt of a delivery."""

    number = WholeNumberField(help_text="1 for the first; a redelivery begins anew.")
    at = TimestampField()
    durationMs = WholeNumberField(source="duration_ms")
    statusCode = WholeNumberField(source="status_code", allow_null=True, help_text="Null where no answer came.")
    error = BlankTextField(
        help_text="Why no whole answer came: `timeout`, `connection`, `refused_address` and the like."
    )
    answer = BlankTextField(help_text="The beginning of the receiver's answer.")

    class Meta:
        ref_name = "DeliveryAttempt"


class DeliveryOutput(OutputSerializer):
    """An event on its way to a webhook."""

    id = IdField()
    webhookId = IdField(source="endpoint_id")
    eventId = IdField(source="message_id", help_text="The same in every attempt, and for every webhook: `webhook-id`.")
    eventType = TextField(source="message.event_type")
    status = EnumField(
        choices=Delivery.Status.values, help_text="FAILED once the last attempt has failed; it can be sent again."
    )
    attemptsMade = WholeNumberField(source="attempts_made")
    nextAttemptAt = TimestampField(
        source="due_at", allow_null=True, help_text="Null, too, while an older event of the same order is on its way."
    )
    createdAt = TimestampField(source="created_at")
    settledAt = TimestampField(source="settled_at", allow_null=True)
    attempts = AttemptOutput(many=True)

    class Meta:
        ref_name = "Delivery"


class DeliveryFilter(django_filters.FilterSet):
    """The filters of a webhook's deliveries."""

    status = EnumFilter(choices=Delivery.Status.values)

    class Meta:
        model = Delivery
        fields: ClassVar[list[str]] = []


class DeliveryViewSet(PaginatedViewSet):
    """Deliveries of a webhook, for the staff of the store."""

    resource = "deliveries"
    serializer_class = DeliveryOutput
    filterset_class = DeliveryFilter
    without_location: ClassVar[frozenset[str]] = frozenset({"send_test", "redeliver"})
    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_endpoint_deliveries,
        "send_test": send_test_delivery,
        "redeliver": queue_redelivery,
    }

    @extend_schema(operation_id="listWebhookDeliveries")
    def list(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """List the deliveries of a webhook, sent and waiting, oldest first, each with its attempts."""
        rows = filter_by_query(
            DeliveryFilter, request._request.GET, list_endpoint_deliveries(webhook_id, actor=self.actor)
        )
        rows = rows.prefetch_related("attempts")
        return self.respond_with_page(rows)

    @extend_schema(operation_id="testWebhook", request=None, responses={201: DeliveryOutput})
    def send_test(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Send a `webhook.test` to a webhook, whatever it subscribes to; its deliveries show the outcome."""
        return _build_delivery_response(send_test_delivery(endpoint_id=webhook_id, actor=self.actor))

    @extend_schema(
        operation_id="redeliver",
        request=None,
        responses={
            201: DeliveryOutput,
            409: describe_conflict_response(
                "It is being sent at this moment, or waits behind an older event of its order."
            ),
        },
    )
    def redeliver(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
        """Send an event once more, under the same id, with the whole schedule of attempts before it."""
        get_webhook_endpoint(webhook_id, actor=self.actor)
        get_webhook_delivery(delivery_id, actor=self.actor, endpoint_id=webhook_id)
        return _build_delivery_response(queue_redelivery(delivery_id=delivery_id, actor=self.actor))


def _build_delivery_response(delivery: Delivery) -> Response:
    return Response(compile_representation(DeliveryOutput)(delivery), status=201)
