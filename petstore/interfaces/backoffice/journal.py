"""The Journal's pages: audit events, read only."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from events.models import Action, AuditEvent, EntityType
from kernel import ids
from petstore.interfaces.backoffice.framework.filters import DayRangeFilter, TenantFilter
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeAdmin
from public_events.representation import represent_event_details

_PAGES = {
    EntityType.ORDERS: "admin:orders_order_change",
    EntityType.USERS: "admin:accounts_user_change",
    EntityType.PETS: "admin:pets_pet_change",
    EntityType.PAYMENTS: "admin:payments_payment_change",
    EntityType.TENANTS: "admin:tenants_tenant_change",
    EntityType.WEBHOOKS: "admin:webhooks_endpoint_change",
    EntityType.APPLICATIONS: "admin:applications_application_change",
    EntityType.ROOMS: "admin:chat_room_change",
}
_COLOURS = {
    Action.ORDER_CREATED.label: "info",
    Action.PET_CREATED.label: "info",
    Action.USER_CREATED.label: "info",
    Action.TENANT_CREATED.label: "info",
    Action.WEBHOOK_CREATED.label: "info",
    Action.APPLICATION_CREATED.label: "info",
    Action.ROOM_ASSIGNED.label: "info",
    Action.PAYMENT_SUCCEEDED.label: "success",
    Action.PAYMENT_REFUNDED.label: "warning",
    Action.REFUND_REFUSED.label: "danger",
    Action.SECRET_REVEALED.label: "warning",
    Action.WEBHOOK_PAUSED.label: "warning",
    Action.APPLICATION_PAUSED.label: "warning",
    Action.PAYMENT_FAILED.label: "danger",
    Action.WEBHOOK_DELETED.label: "danger",
    Action.APPLICATION_DELETED.label: "danger",
    Action.ORDER_CANCELLED.label: "danger",
    Action.PET_DELETED.label: "danger",
    Action.USER_DELETED.label: "danger",
    Action.LOGIN_FAILED.label: "warning",
}


class IdFilter(DropdownFilter):
    """Filter by an id that the address gives; it is among the filters while it is in use."""

    column: str

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        wanted = request.GET.get(self.parameter_name)
        return [(wanted, _shorten_row_id(wanted))] if wanted else []

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        wanted = ids.parse_id(self.value())
        return queryset.filter(**{self.column: wanted}) if wanted else queryset.none()


class ActorFilter(IdFilter):
    """Filter by the person who acted."""

    title = "actor"
    parameter_name = "actor"
    column = "actor_id"


class EntityFilter(IdFilter):
    """Filter by the row that an event is about."""

    title = "entity"
    parameter_name = "entity"
    column = "entity_id"


@admin.register(AuditEvent)
class EventAdmin(BackOfficeAdmin):
    """Audit events; the search finds a UUID as entity, actor, request or event."""

    list_display = ("created_at", "action_label", "entity_link", "actor_link", "tenant", "request_id")
    list_filter = (
        ("action", ChoicesDropdownFilter),
        ("entity_type", ChoicesDropdownFilter),
        ActorFilter,
        EntityFilter,
        ("created_at", DayRangeFilter),
        TenantFilter,
    )
    list_select_related = ("tenant",)
    search_fields = ("request_id__exact",)
    search_help_text = "Entity, actor or request id"
    date_hierarchy = "created_at"
    fields = (
        "created_at",
        "action_label",
        "entity_link",
        "actor_link",
        "tenant",
        "details_json",
        "ip_address",
        "request_id",
        "id",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look up a UUID in the request ids, too: they are text, but most of them are UUIDs."""
        wanted = ids.parse_id(search_term.strip())
        if wanted is None:
            return super().get_search_results(request, queryset, search_term)
        about = Q(id=wanted) | Q(entity_id=wanted) | Q(actor_id=wanted)
        return queryset.filter(about | Q(request_id=search_term.strip())), False

    @display(description="Action", ordering="action", label=_COLOURS)
    def action_label(self, event: AuditEvent) -> str:
        return event.get_action_display()

    @display(description="Entity")
    def entity_link(self, event: AuditEvent) -> str:
        kind = event.get_entity_type_display()
        if event.entity_id is None or event.entity_type not in _PAGES:
            return kind
        return _render_row_link(
            _PAGES[EntityType(event.entity_type)], event.entity_id, f"{kind} {_shorten_row_id(event.entity_id)}"
        )

    @display(description="Actor", ordering="actor_id", empty_value="system or anonymous")
    def actor_link(self, event: AuditEvent) -> str | None:
        return (
            _render_row_link(_PAGES[EntityType.USERS], event.actor_id, _shorten_row_id(event.actor_id))
            if event.actor_id
            else None
        )

    @display(description="Details")
    def details_json(self, event: AuditEvent) -> SafeString:
        text = json.dumps(represent_event_details(event.details), indent=2, ensure_ascii=False)
        return format_html('<pre class="details">{}</pre>', text)


def _shorten_row_id(row_id: object) -> str:
    """Return the random end of an id; the front is the time and looks alike."""
    return f"…{str(row_id)[-12:]}"


def _render_row_link(page: str, row_id: object, text: str) -> SafeString:
    return format_html('<a class="row-link" href="{}" title="{}">{}</a>', reverse(page, args=(row_id,)), row_id, text)
