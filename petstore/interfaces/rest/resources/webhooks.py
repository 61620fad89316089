"""/v1/webhooks (contract, Webhooks): URLs of a shop's systems that get its events. For staff."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel.access import UseCase
from outbound.targets import MAX_URL
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.fields import (
    BlankEnumField,
    BoundedListField,
    EnumField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rest.conditional import read_expected_version, respond_with_etag
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import PaginatedViewSet
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.resources.users import NO_STORE
from petstore.interfaces.rest.viewsets import build_location
from public_events.event_types import EventType
from webhooks.models import Endpoint
from webhooks.queries import get_webhook_endpoint, list_webhook_endpoints
from webhooks.services.endpoints import create_endpoint, delete_endpoint, rotate_secret, update_endpoint

MAX_EVENTS = 100
"""Names in one list; each counts once."""


class EventName(EnumField):
    """The type of an event, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": EventType.values, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        found = _EVENT_NAMES.get(data.casefold()) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid_choice", input="This")
        return found


_EVENT_NAMES: Mapping[str, str] = {name.casefold(): name for name in EventType.values}


class WebhookOutput(OutputSerializer):
    """A URL that gets the store's events."""

    id = IdField()
    url = TextField()
    events = serializers.ListField(child=EventName())
    status = EnumField(choices=Endpoint.Status.values)
    pauseReason = BlankEnumField(
        source="pause_reason",
        choices=Endpoint.PauseReason.values,
        help_text="Why it is PAUSED: as ASKED for, for it was FAILING on and on, or it answered that it is GONE.",
    )
    createdAt = TimestampField(source="created_at")
    updatedAt = TimestampField(source="updated_at")
    tenantId = TenantIdField(source="tenant_id", allow_null=True)

    class Meta:
        ref_name = "Webhook"


class KeyedWebhookOutput(WebhookOutput):
    """A webhook with the secret that signs its deliveries. It is shown this once."""

    secret = TextField(help_text="`whsec_` and base64, as Standard Webhooks has it.")
    previousSecretUntil = TimestampField(
        source="previous_secret_until", allow_null=True, help_text="So long the secret before this one signs, too."
    )

    class Meta:
        ref_name = "WebhookWithSecret"


class WebhookInput(InputSerializer):
    """A new webhook: its URL and the events that it gets."""

    ignored: ClassVar[frozenset[str]] = frozenset(KeyedWebhookOutput().fields)

    url = TextField(max_length=MAX_URL, help_text="http or https, with a public host.")
    events = BoundedListField(child=EventName(), allow_empty=False, max_length=MAX_EVENTS)

    class Meta:
        ref_name = "NewWebhook"


class WebhookReplacementInput(WebhookInput):
    """A full replacement. While it is PAUSED, its deliveries wait until it is ACTIVE again."""

    status = EnumField(choices=Endpoint.Status.values, default=Endpoint.Status.ACTIVE.value)

    class Meta:
        ref_name = "WebhookReplacement"


class WebhookViewSet(PaginatedViewSet):
    """Webhooks, for the staff of the store."""

    resource = "webhooks"
    serializer_class = WebhookOutput
    without_location: ClassVar[frozenset[str]] = frozenset({"rotate_secret"})
    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_webhook_endpoints,
        "create": create_endpoint,
        "retrieve": get_webhook_endpoint,
        "update": update_endpoint,
        "destroy": delete_endpoint,
        "rotate_secret": rotate_secret,
    }

    def get_queryset(self) -> QuerySet[Endpoint]:
        return list_webhook_endpoints(self.actor)

    def list(self, request: Request) -> HttpResponse:
        """List the webhooks of the store, oldest first."""
        return self.respond_with_page(self.get_queryset())

    @extend_schema(
        request=WebhookInput,
        responses={
            201: KeyedWebhookOutput,
            409: describe_conflict_response("The store has as many webhooks as it may have."),
        },
    )
    def create(self, request: Request) -> HttpResponse:
        """Have events sent to a URL from now on. The secret that signs them is in this answer only."""
        body = WebhookInput.validate_request_body(request.data)
        endpoint = create_endpoint(**body, actor=self.actor)
        return _build_keyed_response(
            endpoint, build_location(request, "webhooks", endpoint.id) | {"ETag": format_version_etag(endpoint.version)}
        )

    def retrieve(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Read one webhook, without its secret."""
        endpoint = get_webhook_endpoint(webhook_id, actor=self.actor)
        return respond_with_etag(
            request, format_version_etag(endpoint.version), lambda: compile_representation(WebhookOutput)(endpoint)
        )

    @extend_schema(request=WebhookReplacementInput, responses=WebhookOutput)
    def update(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Change a webhook's URL and events; pause it, or make it ACTIVE again: then all that waits is due at once."""
        body = WebhookReplacementInput.validate_request_body(request.data)
        expected = self._expected_version(request, webhook_id)
        endpoint = update_endpoint(endpoint_id=webhook_id, **body, actor=self.actor, expected_version=expected)
        return Response(
            compile_representation(WebhookOutput)(endpoint), headers={"ETag": format_version_etag(endpoint.version)}
        )

    def destroy(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Delete a webhook, with the deliveries that wait for it and the record of those that were sent."""
        delete_endpoint(
            endpoint_id=webhook_id, actor=self.actor, expected_version=self._expected_version(request, webhook_id)
        )
        return Response(status=204)

    @extend_schema(operation_id="rotateWebhookSecret", request=None, responses={201: KeyedWebhookOutput})
    def rotate_secret(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Make a new secret, which is in this answer only; for 24 hours the old one signs, too."""
        return _build_keyed_response(rotate_secret(endpoint_id=webhook_id, actor=self.actor), {})

    def _expected_version(self, request: Request, webhook_id: UUID) -> int | None:
        return read_expected_version(request, lambda: get_webhook_endpoint(webhook_id, actor=self.actor).version)


def _build_keyed_response(endpoint: Endpoint, headers: Mapping[str, str]) -> Response:
    """Build the response that shows the secret."""
    return Response(compile_representation(KeyedWebhookOutput)(endpoint), status=201, headers={**headers, **NO_STORE})
