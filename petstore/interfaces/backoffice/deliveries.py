"""The webhook deliveries' pages: payloads, attempts and responses."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from kernel import ids
from kernel.actor import Actor, Permission
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import MAX_CHOICES, DayRangeFilter, TenantFilter
from public_events.event_types import EventType
from webhooks.models import CALLBACK_TYPE, TEST_TYPE, Delivery, DeliveryQuerySet, Endpoint
from webhooks.queries import list_delivery_attempts
from webhooks.services.redelivery import queue_redelivery

STATUS_COLOURS: dict[str, str] = {
    Delivery.Status.PENDING: "warning",
    Delivery.Status.SUCCEEDED: "success",
    Delivery.Status.FAILED: "danger",
}
REDELIVER = Button("redeliver", "Redeliver", "queued again")
WAITS_FOR_ENDPOINT = "queued until its endpoint is active"
AFTER_EARLIER_ONES = "after the earlier deliveries about the same thing"
_ABOUT_ORDERS = frozenset(
    {EventType.ORDER_STATUS_CHANGED, EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED, CALLBACK_TYPE}
)


class EndpointFilter(DropdownFilter):
    """Filter by an endpoint of the scope; an address may name any of them by its id."""

    title = "endpoint"
    parameter_name = "endpoint"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        endpoints = Endpoint.objects.order_by("url").values_list("pk", "url")
        return [(str(pk), url or "callbacks") for pk, url in endpoints[:MAX_CHOICES]]

    def queryset(self, _request: HttpRequest, queryset: DeliveryQuerySet) -> DeliveryQuerySet:
        if not self.value():
            return queryset
        endpoint_id = ids.parse_id(self.value())
        return queryset.filter(endpoint_id=endpoint_id) if endpoint_id else queryset.none()


class EventFilter(DropdownFilter):
    """Filter by the type of the event."""

    title = "event"
    parameter_name = "event"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in (*EventType.values, CALLBACK_TYPE, TEST_TYPE)]

    def queryset(self, _request: HttpRequest, queryset: DeliveryQuerySet) -> DeliveryQuerySet:
        return queryset.filter(message__event_type=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(CommandAdmin):
    """Deliveries are read only, and can be sent again. Their ids are in the order of time, so the newest come first.

    The attempts stand in place of a history; redeliveries are in the Journal of the endpoint.
    """

    buttons = (REDELIVER,)
    is_versioned = False
    quick_filter = "status"
    list_display = ("event_type", "status_badge", "target_link", "attempts_made", "due_at", "tenant", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        EndpointFilter,
        EventFilter,
        ("created_at", DayRangeFilter),
        TenantFilter,
    )
    list_select_related = ("endpoint", "message", "tenant")
    ordering = ("-id",)
    search_fields = ("endpoint__url", "url")
    search_help_text = "URL, or the id of the delivery, the event, the endpoint, or what it is about"
    id_fields = ("id", "message_id", "endpoint_id", "ordering_key")
    fields = (
        ("event_type", "status"),
        ("target_link", "subject_link"),
        ("attempts_made", "next_attempt"),
        ("created_at", "settled_at"),
        ("message_id", "id"),
        "tenant",
        "payload_json",
    )
    readonly_fields = tuple(name for row in fields for name in ((row,) if isinstance(row, str) else row))
    change_form_outer_after_template = "admin/webhooks/attempts.html"

    def get_queryset(self, request: HttpRequest) -> DeliveryQuerySet:
        deliveries: DeliveryQuerySet = super().get_queryset(request)
        return deliveries.select_related("endpoint", "message", "tenant")

    def build_page_context(self, row: Delivery, actor: Actor) -> dict[str, Any]:
        return {"attempts": list(list_delivery_attempts(row)), "show_history": False}

    def describe_affected_row(self, row: Delivery) -> str:
        return f"{row.message.event_type} to {row.url or row.endpoint.url}"

    def list_row_buttons(self, row: Delivery, actor: Actor) -> tuple[Button, ...]:
        return (REDELIVER,) if row.is_redeliverable and actor.has_permission(Permission.CHANGE_WEBHOOKS) else ()

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return actor.has_permission(Permission.CHANGE_WEBHOOKS)

    def perform_row_command(
        self, button: Button, row: Delivery, *, actor: Actor, reason: str, version: int | None
    ) -> Delivery:
        queue_redelivery(delivery_id=row.pk, actor=actor)
        return row

    def build_success_message(self, button: Button, outcome: Delivery) -> str:
        return WAITS_FOR_ENDPOINT if outcome.endpoint.status == Endpoint.Status.PAUSED else button.success_text

    @display(description="Event", ordering="message__event_type")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.message.event_type

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @display(description="URL")
    def target_link(self, delivery: Delivery) -> SafeString:
        endpoint = delivery.endpoint
        if endpoint.kind == Endpoint.Kind.CALLBACK:
            return format_html('<span class="address">{}</span>', delivery.url)
        page = reverse("admin:webhooks_endpoint_change", args=(endpoint.pk,))
        return format_html('<a class="row-link address" href="{}">{}</a>', page, endpoint.url)

    @display(description="About")
    def subject_link(self, delivery: Delivery) -> SafeString | str:
        if delivery.message.event_type == TEST_TYPE:
            return "the endpoint itself"
        is_order = delivery.message.event_type in _ABOUT_ORDERS
        page, name = ("orders_order", "Order") if is_order else ("pets_pet", "Pet")
        address = reverse(f"admin:{page}_change", args=(delivery.ordering_key,))
        return format_html('<a class="row-link" href="{}">{} {}</a>', address, name, delivery.ordering_key)

    @display(description="Next attempt")
    def next_attempt(self, delivery: Delivery) -> str | None:
        if delivery.settled_at:
            return None
        return date_format(delivery.due_at, "DATETIME_FORMAT") if delivery.due_at else AFTER_EARLIER_ONES

    @display(description="Payload")
    def payload_json(self, delivery: Delivery) -> SafeString:
        text = json.dumps(json.loads(delivery.message.body), indent=2, ensure_ascii=False)
        return format_html('<pre class="details">{}</pre>', text)
