"""The orders' pages: find and export them, move them along the state table, place one for a customer."""

from collections.abc import Iterator, Sequence
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
from payments.queries import filter_paid_orders, filter_unpaid_orders, find_unpaid_orders
from payments.services.order_transitions import FULFILLING, transition_order
from pets.models import Pet
from petstore.interfaces.backoffice.framework.autocomplete import ScopedAutocomplete
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import DayRangeFilter, TenantFilter, list_query
from petstore.interfaces.backoffice.framework.model_admin import BackOfficeForm, actor_from
from petstore.interfaces.backoffice.order_timeline import build_timeline
from petstore.interfaces.backoffice.saved_filters import SavedFiltersAdmin
from petstore.interfaces.backoffice.spreadsheets import csv_download
from tenants.scoping import tenant_scope

UNPAID_FOR_LONG = timedelta(days=1)
MONEY_BACK = "The pet is available again. A payment under way is cancelled, and what was paid is refunded."
UNPAID = "No payment covers what is listed here. Say why it goes on nevertheless; the order's history keeps the reason."
STATUS_COLOURS = {
    Status.PLACED: "warning",
    Status.APPROVED: "primary",
    Status.SHIPPED: "info",
    Status.DELIVERED: "success",
    Status.CANCELLED: "danger",
}
BUTTONS = {
    Command.APPROVE: Button(Command.APPROVE, "Approve", "approved", doubt=UNPAID),
    Command.SHIP: Button(Command.SHIP, "Ship", "shipped", doubt=UNPAID),
    Command.DELIVER: Button(Command.DELIVER, "Deliver", "delivered", doubt=UNPAID),
    Command.CANCEL: Button(
        Command.CANCEL, "Cancel order", "cancelled", confirms=True, asks_reason=True, is_danger=True, note=MONEY_BACK
    ),
    Command.FORCE_CANCEL: Button(
        Command.FORCE_CANCEL,
        "Force cancel",
        "cancelled by force",
        confirms=True,
        asks_reason=True,
        is_danger=True,
        note=MONEY_BACK,
        is_sensitive=True,
    ),
}


def unpaid_for_long(orders: OrderQuerySet) -> OrderQuerySet:
    """Those that wait for a payment longer than a customer usually takes."""
    return orders.unpaid().filter(created_at__lt=clock.now() - UNPAID_FOR_LONG)


class WaitingFilter(DropdownFilter):
    """Orders that wait for somebody: a customer, or staff."""

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
    """Orders that have arrived lately; weeks begin on Monday, in UTC."""

    title = "delivered"
    parameter_name = "delivered"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Today"), ("week", "This week")]

    def queryset(self, _request: HttpRequest, queryset: OrderQuerySet) -> OrderQuerySet:
        today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"today": today, "week": today - timedelta(days=today.weekday())}.get(self.value() or "")
        return queryset.filter(status=Status.DELIVERED, updated_at__gte=since) if since else queryset


class OrderForm(BackOfficeForm):
    """A new order: which pet, for whom."""

    field_names: ClassVar = {"userId": "user", "petId": "pet"}

    class Meta:
        labels: ClassVar = {"user": "Customer"}
        help_texts: ClassVar = {"user": "Leave it empty for a walk-in: the order then belongs to nobody."}


@admin.register(Order)
class OrderAdmin(SavedFiltersAdmin, CommandAdmin):
    """Orders move by the buttons of the state table and by nothing else."""

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
    search_help_text = "Customer (name, e-mail, phone), pet, the id of either or of the order, or the end of that"
    chips = "status"
    date_hierarchy = "created_at"
    autocomplete_fields = ("pet", "user")
    readonly_fields = ("status", "pet_link", "customer_link", "total_text", "tenant", "id", "created_at", "updated_at")
    change_form_outer_after_template = "admin/orders/order/timeline.html"

    def preset_filters(self) -> Iterator[tuple[str, dict[str, str]]]:
        today = str(clock.now().date())
        yield "Paid, not shipped", {"waiting": "paid"}
        yield "Unpaid for a day", {"waiting": "long"}
        yield "Placed today", {"created_at_from": today, "created_at_to": today}
        yield "Delivered this week", {"delivered": "week"}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="orders_order_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        export = f"{reverse('admin:orders_order_export')}?{list_query(request).urlencode()}"
        return super().changelist_view(request, {"export": export} | (extra_context or {}))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as CSV: what its filters and its search find, in its order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self.check_query(request)
        try:
            orders = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:orders_order_changelist")
        except SearchTooLong as refusal:
            return self.redirect_without_search(request, refusal)
        filters = {name: request.GET[name] for name in self.allowed_lookups() if request.GET.get(name)}
        if request.GET.get("q"):
            filters["search"] = "yes"
        return csv_download(export_orders(orders=orders, filters=filters, actor=actor_from(request)), "orders")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        picker = ScopedAutocomplete(db_field, self.admin_site)
        field = super().formfield_for_foreignkey(db_field, request, widget=picker, **kwargs)
        field.label_from_instance = self.admin_site.get_model_admin(db_field.remote_field.model).choice_text
        return field

    def selectable_rows(self, field_name: str, rows: QuerySet[Any]) -> QuerySet[Any]:
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
        rows = (("status", "total_text"), ("pet_link", "customer_link"), ("created_at", "updated_at"), ("tenant", "id"))
        return [(None, {"fields": rows})]

    def describe_row(self, row: Order) -> str:
        return f"{row.pet.name} for {row.user.username if row.user else 'somebody anonymous'}, {self.total_text(row)}"

    def buttons_for(self, row: Order, actor: Actor) -> tuple[Button, ...]:
        return tuple(BUTTONS[command] for command in states.offered(row.status, actor))

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return states.may(actor, Command(button.name))

    def rows_needing_reason(self, button: Button, rows: Sequence[Order]) -> list[Order]:
        command = Command(button.name)
        if command not in FULFILLING:
            return []
        unpaid = find_unpaid_orders([row.pk for row in rows if row.status in states.TABLE[command].sources])
        return [row for row in rows if row.pk in unpaid]

    def perform(self, button: Button, row: Order, *, actor: Actor, reason: str, version: int | None) -> None:
        with tenant_scope(row.tenant_id):
            transition_order(
                order_id=row.pk, command=Command(button.name), actor=actor, reason=reason, expected_version=version
            )

    def save_model(self, request: HttpRequest, obj: Order, form: OrderForm, change: bool) -> None:
        pet, customer = form.cleaned_data["pet"], form.cleaned_data["user"]
        with tenant_scope(pet.tenant_id):
            order = place_order(
                pet_id=pet.pk,
                customer_id=customer and customer.pk,
                is_walk_in=customer is None,
                actor=actor_from(request),
            )
        obj.pk = order.pk

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        order = kwargs.get("obj")
        if order is not None:
            prefetch_related_objects([order], "pet__photos")
            context |= build_timeline(order, actor_from(request))
        return super().render_change_form(request, context, **kwargs)

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
        link = _page_link("admin:pets_pet_change", pet.pk, f"{pet.name} ({pet.get_status_display()})")
        for photo in pet.photos.all():
            return format_html('<img class="portrait beside" src="{}" alt=""> {}', photo.address, link)
        return link

    @display(description="Customer", empty_value="anonymous")
    def customer_link(self, order: Order) -> SafeString | None:
        return _page_link("admin:accounts_user_change", order.user.pk, order.user.username) if order.user else None


def _page_link(page: str, row_id: UUID, text: str) -> SafeString:
    return format_html('<a class="row-link" href="{}">{}</a>', reverse(page, args=(row_id,)), text)
