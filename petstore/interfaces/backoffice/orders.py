"""The orders' pages: find, export, place, approve, ship, deliver and cancel them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from kernel import clock
from kernel.actor import Actor, Permission
from kernel.search import SearchTooLong
from orders import states
from orders.models import Order, OrderQuerySet
from orders.search import find_orders
from orders.services.exports import export_orders
from orders.services.placement import place_order
from orders.states import Command, Status
from orders.tracking_links import build_tracking_url
from payments.queries import filter_paid_orders, filter_unpaid_orders, find_unpaid_orders
from payments.services.order_transitions import FULFILLING, transition_order
from pets.models import Pet
from petstore.interfaces.backoffice.framework.autocomplete import ScopedAutocomplete
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import DayRangeFilter, TenantFilter, read_list_query
from petstore.interfaces.backoffice.framework.forms import BackOfficeForm
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.backoffice.order_timeline import build_order_timeline, name_timeline_actors
from petstore.interfaces.backoffice.saved_filters import SavedFiltersAdmin
from petstore.interfaces.backoffice.spreadsheets import stream_csv_download
from tenants.scoping import tenant_scope

UNPAID_FOR_LONG = timedelta(days=1)
CANCEL_NOTE = "The pet becomes available again. An open payment is cancelled, and a completed one is refunded."
UNPAID = "No payment covers the orders listed here. Give a reason to go on; it is kept in the order's history."
STATUS_COLOURS = {
    Status.PLACED: "warning",
    Status.APPROVED: "primary",
    Status.SHIPPED: "info",
    Status.DELIVERED: "success",
    Status.CANCELLED: "danger",
}
BUTTONS = {
    Command.APPROVE: Button(Command.APPROVE, "Approve", "approved", warning=UNPAID),
    Command.SHIP: Button(Command.SHIP, "Ship", "shipped", warning=UNPAID),
    Command.DELIVER: Button(Command.DELIVER, "Deliver", "delivered", warning=UNPAID),
    Command.CANCEL: Button(
        Command.CANCEL, "Cancel order", "cancelled", confirms=True, asks_reason=True, is_danger=True, note=CANCEL_NOTE
    ),
    Command.FORCE_CANCEL: Button(
        Command.FORCE_CANCEL,
        "Force cancel",
        "cancelled by force",
        confirms=True,
        asks_reason=True,
        is_danger=True,
        note=CANCEL_NOTE,
        is_sensitive=True,
    ),
}


def unpaid_for_long(orders: OrderQuerySet) -> OrderQuerySet:
    """Return the orders that have waited for a payment for more than a day."""
    return orders.unpaid().filter(created_at__lt=clock.now() - UNPAID_FOR_LONG)


class WaitingFilter(DropdownFilter):
    """Filter by orders that wait for a customer or for staff."""

    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("long", "Unpaid for a day"),
            ("paid", "Paid, not shipped"),
            ("unpaid", "Approved, not paid"),
        ]

    def queryset(self, _request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        approved = queryset.filter(status=Status.APPROVED)
        narrowed = {
            "paid": filter_paid_orders(approved),
            "unpaid": filter_unpaid_orders(approved),
            "long": unpaid_for_long(queryset),
        }
        return narrowed.get(self.value() or "", queryset)


class DeliveredFilter(DropdownFilter):
    """Filter by orders delivered lately; weeks begin on Monday, in UTC."""

    title = "delivered"
    parameter_name = "delivered"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Today"), ("week", "This week")]

    def queryset(self, _request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"today": today, "week": today - timedelta(days=today.weekday())}.get(self.value() or "")
        return queryset.filter(status=Status.DELIVERED, updated_at__gte=since) if since else queryset


class OrderForm(BackOfficeForm):
    """A new order: the pet, and the customer."""

    field_names: ClassVar = {"userId": "user", "petId": "pet"}

    class Meta:
        labels: ClassVar = {"user": "Customer"}
        help_texts: ClassVar = {"user": "Leave it empty for a walk-in customer: the order then belongs to no account."}


@admin.register(Order)
class OrderAdmin(SavedFiltersAdmin, CommandAdmin):
    """Orders change by the buttons that the state table allows, and by nothing else."""

    form = OrderForm
    permissions: ClassVar = {"add": Permission.CHANGE_ORDERS}
    buttons = tuple(BUTTONS.values())
    list_display = ("short_id", "status_badge", "pet_name", "customer_name", "total_text", "tenant", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        WaitingFilter,
        DeliveredFilter,
        ("created_at", DayRangeFilter),
        TenantFilter,
    )
    list_select_related = ("pet", "user", "tenant")
    search_fields = ("id",)
    search_help_text = "Customer (name, e-mail, phone), pet, the id of either or of the order, or its last characters"
    quick_filter = "status"
    date_hierarchy = "created_at"
    autocomplete_fields = ("pet", "user")
    readonly_fields = (
        "status",
        "pet_link",
        "customer_link",
        "total_text",
        "tenant",
        "id",
        "created_at",
        "updated_at",
        "tracking_link",
    )
    change_form_outer_after_template = "admin/orders/order/timeline.html"

    def list_preset_filters(self) -> Iterator[tuple[str, dict[str, str]]]:
        today = str(clock.now().date())
        yield "Paid, not shipped", {"waiting": "paid"}
        yield "Unpaid for a day", {"waiting": "long"}
        yield "Placed today", {"created_at_from": today, "created_at_to": today}
        yield "Delivered this week", {"delivered": "week"}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_orders_view)
        return [path("export/", view, name="orders_order_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        export = f"{reverse('admin:orders_order_export')}?{read_list_query(request).urlencode()}"
        return super().changelist_view(request, {"export": export} | (extra_context or {}))

    def export_orders_view(self, request: HttpRequest) -> HttpResponseBase:
        """Download the list as CSV, with its filters, its search and its order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self.check_list_query(request)
        try:
            orders = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:orders_order_changelist")
        except SearchTooLong as error:
            return self.redirect_without_search(request, error)
        filters = {name: request.GET[name] for name in self.list_allowed_lookups() if request.GET.get(name)}
        if request.GET.get("q"):
            filters["search"] = "yes"
        return stream_csv_download(
            export_orders(orders=orders, filters=filters, actor=read_request_actor(request)), "orders"
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        picker = ScopedAutocomplete(db_field, self.admin_site)
        field = super().formfield_for_foreignkey(db_field, request, widget=picker, **kwargs)
        field.label_from_instance = self.admin_site.get_model_admin(db_field.remote_field.model).format_choice_text
        return field

    def filter_selectable_rows(self, field_name: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(status=Pet.Status.AVAILABLE) if field_name == "pet" else rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders: QuerySet[Order] = super().get_queryset(request).select_related("pet", "user", "tenant")
        return orders

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return find_orders(queryset, search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("pet", "user")})]
        rows = (
            ("status", "total_text"),
            ("pet_link", "customer_link"),
            ("created_at", "updated_at"),
            ("tenant", "id"),
            ("tracking_link",),
        )
        return [(None, {"fields": rows})]

    def describe_affected_row(self, row: Order) -> str:
        return (
            f"{row.pet.name} for {row.user.username if row.user else 'an anonymous customer'}, {self.total_text(row)}"
        )

    def list_row_buttons(self, row: Order, actor: Actor) -> tuple[Button, ...]:
        return tuple(BUTTONS[command] for command in states.offered_commands(row.status, actor))

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return states.may_perform(actor, Command(button.name))

    def rows_needing_reason(self, button: Button, rows: Sequence[Order]) -> list[Order]:
        command = Command(button.name)
        if command not in FULFILLING:
            return []
        unpaid = find_unpaid_orders([row.pk for row in rows if row.status in states.TRANSITIONS[command].sources])
        return [row for row in rows if row.pk in unpaid]

    def perform_row_command(
        self, button: Button, row: Order, *, actor: Actor, reason: str, version: int | None
    ) -> None:
        transition_order(
            order_id=row.pk, command=Command(button.name), actor=actor, reason=reason, expected_version=version
        )

    def open_new_row_scope(self, form: OrderForm) -> AbstractContextManager[None]:
        """Open the scope of the pet's tenant."""
        return tenant_scope(form.cleaned_data["pet"].tenant_id)

    def add_row(self, row: Order, form: OrderForm, actor: Actor) -> Order:
        pet, customer = form.cleaned_data["pet"], form.cleaned_data["user"]
        return place_order(
            pet_id=pet.pk, customer_id=customer and customer.pk, is_walk_in=customer is None, actor=actor
        )

    def build_page_context(self, row: Order, actor: Actor) -> dict[str, Any]:
        prefetch_related_objects([row], "pet__photos")
        return build_order_timeline(row, actor)

    def build_shared_context(self, context: dict[str, Any]) -> dict[str, Any]:
        return name_timeline_actors(context["transitions"], context["audit_events"])

    @display(description="Order", ordering="id")
    def short_id(self, order: Order) -> SafeString:
        return format_html('<span class="row-link" title="{}">…{}</span>', order.pk, str(order.pk)[-12:])

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description="Pet", ordering="pet__name")
    def pet_name(self, order: Order) -> str:
        return order.pet.name

    @display(description="Customer", ordering="user__username", empty_value="anonymous")
    def customer_name(self, order: Order) -> str | None:
        return order.user.username if order.user else None

    @display(description="Total", ordering="total_amount")
    def total_text(self, order: Order) -> str:
        return f"{order.total_amount:.2f} {order.currency}"

    @display(description="Pet")
    def pet_link(self, order: Order) -> SafeString:
        pet = order.pet
        link = _render_page_link("admin:pets_pet_change", pet.pk, f"{pet.name} ({pet.get_status_display()})")
        for photo in pet.photos.all():
            return format_html('<img class="pet-photo inline-photo" src="{}" alt=""> {}', photo.address, link)
        return link

    @display(description="Customer", empty_value="anonymous")
    def customer_link(self, order: Order) -> SafeString | None:
        return (
            _render_page_link("admin:accounts_user_change", order.user.pk, order.user.username) if order.user else None
        )

    @display(description="For the customer")
    def tracking_link(self, order: Order) -> SafeString:
        address = build_tracking_url(order.tenant_id, order.pk, site="")
        return format_html(
            '<a class="row-link in-text" href="{}" target="_blank" rel="noopener">Tracking page</a>'
            ' <span class="muted">Copy its link for the customer: it needs no log-in.</span>',
            address,
        )


def _render_page_link(page: str, row_id: UUID, text: str) -> SafeString:
    return format_html('<a class="row-link" href="{}">{}</a>', reverse(page, args=(row_id,)), text)
