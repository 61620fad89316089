"""The webhook endpoints' pages: URLs, events, health and secrets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from kernel import clock
from kernel.actor import Actor, Permission
from petstore.interfaces.backoffice.framework.autocomplete import TenantChoiceForm
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm, VersionedForm
from petstore.interfaces.backoffice.framework.secrets import render_secret_page
from public_events.event_types import EventType
from tenants.scoping import TenantQuerySet
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from webhooks.services.redelivery import send_test_delivery

HEALTH_COLOURS = {"well": "success", "failing": "warning", "paused": "danger"}
PAUSED_BECAUSE: dict[str, str] = {
    Endpoint.PauseReason.ASKED: "Paused by staff",
    Endpoint.PauseReason.FAILING: "Paused: it failed for too long",
    Endpoint.PauseReason.GONE: "Paused: it answered 410 Gone",
}
TEST = Button("test", "Send a test", "")
PAUSE = Button("pause", "Pause", "paused")
RESUME = Button("resume", "Resume", "made active again")
ROTATE = Button(
    "rotate",
    "Rotate secret",
    "given a new secret",
    confirms=True,
    is_danger=True,
    note="The new secret is shown once. For 24 hours deliveries are signed with the old one, too.",
    is_sensitive=True,
)
_TARGETS = {PAUSE: Endpoint.Status.PAUSED, RESUME: Endpoint.Status.ACTIVE}


class EndpointForm(VersionedForm):
    """URL, events and status of an endpoint."""

    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in EventType.values],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="It receives these events.",
    )

    class Meta:
        model = Endpoint
        fields = ("url", "events", "status")
        labels: ClassVar = {"url": "URL"}


class NewEndpointForm(TenantChoiceForm, EndpointForm):
    """A new endpoint, which is ACTIVE."""


@admin.register(Endpoint)
class EndpointAdmin(CommandAdmin):
    """The subscriptions of a shop's systems. A secret is shown when it is made, and never again."""

    form = EndpointForm
    permissions: ClassVar = dict.fromkeys(("add", "change", "delete"), Permission.CHANGE_WEBHOOKS)
    buttons = (TEST, RESUME, PAUSE, ROTATE)
    quick_filter = "status"
    list_display = ("url_text", "health_badge", "event_type_names", "tenant", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("pause_reason", ChoicesDropdownFilter), TenantFilter)
    list_select_related = ("tenant",)
    search_fields = ("url",)
    search_help_text = "URL or id"
    ordering = ("-created_at", "-id")
    readonly_fields = ("health_text", "backoff_end", "old_secret_end", "tenant", "id", "created_at", "updated_at")
    change_form_outer_after_template = "admin/webhooks/backlog.html"

    def get_queryset(self, request: HttpRequest) -> TenantQuerySet[Endpoint]:
        rows: TenantQuerySet[Endpoint] = super().get_queryset(request).filter(kind=Endpoint.Kind.SUBSCRIPTION)
        return rows.select_related("tenant")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("store", "url", "events")})]
        record = (("created_at", "updated_at"), ("tenant", "old_secret_end"), "id", "seen_version")
        shown = record if self.has_change_permission(request, obj) else record[:-1]
        return [
            (None, {"fields": ("url", "events", "status")}),
            ("Health", {"fields": (("health_text", "backoff_end"),)}),
            ("Record", {"fields": shown}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[BackOfficeForm]:
        return super().get_form(request, obj, change=change, **({} if obj else {"form": NewEndpointForm}) | kwargs)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if kwargs.get("add"):
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, **kwargs)

    def build_page_context(self, row: Endpoint, actor: Actor) -> dict[str, Any]:
        return {"backlog": list(_list_backlog_links(row))}

    def add_row(self, row: Endpoint, form: EndpointForm, actor: Actor) -> Endpoint:
        given = form.cleaned_data
        created = create_endpoint(url=given["url"], events=given["events"], actor=actor)
        row.encrypted_secret = created.encrypted_secret  # which `response_add` shows
        return created

    def change_row(self, row: Endpoint, form: EndpointForm, actor: Actor) -> Endpoint:
        return _update_endpoint_status(row, form.cleaned_data["status"], actor, form.cleaned_data["seen_version"])

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret that signs the deliveries to the endpoint."""
        self.message_user(request, f"{obj} receives events from now on.", "success")
        return self._render_endpoint_secret(request, obj)

    def delete_row(self, row: Endpoint, actor: Actor) -> None:
        delete_endpoint(endpoint_id=row.pk, actor=actor)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count the deliveries that are deleted with it; there may be too many to list them."""
        number = Delivery.objects.filter(endpoint__in=[row.pk for row in objs]).count()
        return [str(row) for row in objs], {"endpoints": len(objs), "deliveries": number}, set(), []

    def list_row_buttons(self, row: Endpoint, actor: Actor) -> tuple[Button, ...]:
        if not actor.has_permission(Permission.CHANGE_WEBHOOKS):
            return ()
        return (RESUME, ROTATE) if row.status == Endpoint.Status.PAUSED else (TEST, PAUSE, ROTATE)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Allow pausing and resuming only for many rows at a time."""
        return button in _TARGETS and actor.has_permission(Permission.CHANGE_WEBHOOKS)

    def perform_row_command(
        self, button: Button, row: Endpoint, *, actor: Actor, reason: str, version: int | None
    ) -> Any:
        if button is TEST:
            return send_test_delivery(endpoint_id=row.pk, actor=actor)
        if button is ROTATE:
            return rotate_secret(endpoint_id=row.pk, actor=actor, expected_version=version)
        return _update_endpoint_status(row, _TARGETS[button], actor, version or row.version)

    def build_command_response(self, request: HttpRequest, button: Button, row: Endpoint, outcome: Any) -> HttpResponse:
        """Show a new secret, or the delivery of a test."""
        if button is ROTATE:
            return self._render_endpoint_secret(request, outcome)
        if button is TEST:
            self.message_user(
                request, "A test is queued. Load this page again in a moment to see the response.", "success"
            )
            return redirect("admin:webhooks_delivery_change", outcome.pk)
        return super().build_command_response(request, button, row, outcome)

    def _render_endpoint_secret(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        note = "Copy it now: it is not shown again. Receivers use it to check the signature of each delivery."
        return render_secret_page(self, request, endpoint, secret=endpoint.secret, note=note)

    @display(description="URL", ordering="url")
    def url_text(self, endpoint: Endpoint) -> str:
        return endpoint.url

    @display(description="Health", label=HEALTH_COLOURS)
    def health_badge(self, endpoint: Endpoint) -> tuple[str, str]:
        return _describe_endpoint_health(endpoint)

    @display(description="Health")
    def health_text(self, endpoint: Endpoint) -> str:
        return _describe_endpoint_health(endpoint)[1]

    @display(description="Events")
    def event_type_names(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.events)

    @display(description="Next attempt not before")
    def backoff_end(self, endpoint: Endpoint) -> str | None:
        return _format_if_future(endpoint.backoff_until)

    @display(description="Old secret valid until")
    def old_secret_end(self, endpoint: Endpoint) -> str | None:
        return _format_if_future(endpoint.previous_secret_until)


def _describe_endpoint_health(endpoint: Endpoint) -> tuple[str, str]:
    """Return the kind of health, and its text."""
    if endpoint.status == Endpoint.Status.PAUSED:
        return "paused", PAUSED_BECAUSE.get(endpoint.pause_reason, "Paused")
    return ("failing", f"Failing: {endpoint.failures} failed in a row") if endpoint.failures else ("well", "Well")


def _format_if_future(moment: datetime | None) -> str | None:
    return date_format(moment, "DATETIME_FORMAT") if moment and moment > clock.now() else None


def _update_endpoint_status(endpoint: Endpoint, status: str, actor: Actor, version: int) -> Endpoint:
    return update_endpoint(
        endpoint_id=endpoint.pk,
        url=endpoint.url,
        events=endpoint.events,
        status=status,
        actor=actor,
        expected_version=version,
    )


def _list_backlog_links(endpoint: Endpoint) -> Iterator[tuple[str, int, str]]:
    """Yield label, number and list of the deliveries that are not settled or failed."""
    address = f"{reverse('admin:webhooks_delivery_changelist')}?endpoint={endpoint.pk}&status__exact="
    rows = Delivery.objects.filter(endpoint=endpoint)
    yield "Waiting", rows.filter(settled_at__isnull=True).count(), f"{address}{Delivery.Status.PENDING}"
    yield "Failed", rows.filter(status=Delivery.Status.FAILED).count(), f"{address}{Delivery.Status.FAILED}"
