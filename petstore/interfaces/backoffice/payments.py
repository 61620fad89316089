"""The payments' pages: read only, with receipts; a refund cancels the order."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from kernel.actor import Actor, Permission
from orders import states
from orders.models import Order
from orders.states import Command
from payments.models import Payment, PaymentQuerySet
from payments.queries import get_receipt
from payments.services.order_transitions import refund_payment
from payments.services.refunds import record_manual_refund, retry_refused_refund
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import DayRangeFilter, TenantFilter
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.http.receipt_page import CONTENT_SECURITY_POLICY, render_receipt_page

STATUS_COLOURS: dict[str, str] = {
    Payment.Status.PENDING: "warning",
    Payment.Status.PROCESSING: "warning",
    Payment.Status.SUCCEEDED: "success",
    Payment.Status.FAILED: "danger",
    Payment.Status.REFUNDED: "info",
    "OWED": "warning",
}
REFUND = Button(
    "refund",
    "Refund",
    "refunded",
    confirms=True,
    asks_reason=True,
    is_danger=True,
    note="The amount is refunded to the card or account that paid. The order is cancelled; its pet becomes available.",
    is_sensitive=True,
)
REFUND_AGAIN = Button(
    "refund_again",
    "Try the refund again",
    "refunded",
    confirms=True,
    note="The payment gateway has refused the refund. It is asked once more.",
    is_sensitive=True,
)
MANUAL_REFUND = Button(
    "note_refund",
    "Refunded by other means",
    "recorded as refunded",
    confirms=True,
    asks_reason=True,
    note="Say how, such as a bank transfer with its number. No money moves; the Journal has the text.",
    is_sensitive=True,
)
WAITS_FOR_GATEWAY = "cancelled with the order; the gateway has not confirmed the refund yet and will be asked again"
REFUSED = "Refused by the gateway: try again, or refund it by other means and record that"
REFUSED_AGAIN = "not refunded: the gateway refuses; try again, or refund it by other means"


def may_refund_payment(payment: Payment, order: Order, actor: Actor) -> bool:
    """Return whether the actor may refund the payment, by cancelling its order."""
    commands = states.offered_commands(order.status, actor)
    can_cancel = Command.CANCEL in commands or Command.FORCE_CANCEL in commands
    return payment.status == Payment.Status.SUCCEEDED and can_cancel


def source_in_words(source: dict[str, Any]) -> str:
    """Return a masked payment source as text, with the payer's name unless it is erased."""
    if source["object"] == "card":
        parts = f"{source['brand']} {source['number']}", f"until {source['expMonth']:02}/{source['expYear']}"
        return ", ".join(filter(None, (*parts, source["name"])))
    account = f"{source['bankName']} {source['accountNumber']}"
    return ", ".join(filter(None, (account, source["accountHolderName"])))


def source_in_short(source: dict[str, Any]) -> str:
    """Return a payment source as a text for a column."""
    return f"{source['brand' if source['object'] == 'card' else 'bankName']} …{source['last4']}"


class RefundFilter(DropdownFilter):
    """Filter by the state of a refund."""

    title = "refund"
    parameter_name = "refund"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("owed", "Not confirmed yet"), ("refused", "Refused by the gateway")]

    def queryset(self, _request: HttpRequest, queryset: PaymentQuerySet) -> PaymentQuerySet:
        if self.value() == "owed":
            return queryset.awaiting_refund()
        return queryset.awaiting_refund().filter(due_at__isnull=True) if self.value() == "refused" else queryset


@admin.register(Payment)
class PaymentAdmin(CommandAdmin):
    """Payments are read only; buttons refund them."""

    buttons = (REFUND, REFUND_AGAIN, MANUAL_REFUND)
    quick_filter = "status"
    list_display = (
        "short_id",
        "status_badge",
        "amount_text",
        "short_source",
        "customer_name",
        "order_link",
        "tenant",
        "created_at",
    )
    list_filter = (("status", ChoicesDropdownFilter), RefundFilter, ("created_at", DayRangeFilter), TenantFilter)
    list_select_related = ("order__pet", "order__user", "tenant")
    search_fields = ("order__user__username", "order__pet__name", "reference__exact", "refund_reference__exact")
    search_help_text = "Customer, pet, the gateway's reference, or the id of the payment or the order"
    id_fields = ("id", "order_id")
    date_hierarchy = "created_at"
    fields = (
        ("status", "amount_text"),
        ("order_link", "customer_name"),
        ("full_source", "receipt_link"),
        ("created_at", "settled_at"),
        ("failure_code", "refund_state"),
        ("gateway", "reference"),
        ("due_at", "refund_reference"),
        ("tenant", "id"),
    )
    readonly_fields = tuple(name for row in fields for name in row)

    def get_queryset(self, request: HttpRequest) -> PaymentQuerySet:
        payments: PaymentQuerySet = super().get_queryset(request).select_related("order__pet", "order__user", "tenant")
        return payments

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.printable_receipt_view)
        return [path("<path:object_id>/receipt/", view, name="payments_payment_receipt"), *super().get_urls()]

    def printable_receipt_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the receipt as the customer sees it, to print or to send."""
        payment = self.get_object(request, unquote(object_id))
        if payment is None or not payment.has_receipt:
            raise Http404
        with self.open_row_scope(payment):
            receipt = get_receipt(payment.pk, actor=read_request_actor(request))
        site = request.build_absolute_uri("/").rstrip("/")
        page = HttpResponse(render_receipt_page(receipt, seller=payment.tenant.seller_name, site=site))
        page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return page

    def describe_affected_row(self, row: Payment) -> str:
        return f"{self.amount_text(row)}, {source_in_short(row.source)}"

    def list_row_buttons(self, row: Payment, actor: Actor) -> tuple[Button, ...]:
        if row.is_refund_refused and actor.has_permission(Permission.CHANGE_ORDERS):
            return REFUND_AGAIN, MANUAL_REFUND
        return (REFUND,) if may_refund_payment(row, row.order, actor) else ()

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        """Allow refunds one payment at a time only."""
        return False

    def perform_row_command(
        self, button: Button, row: Payment, *, actor: Actor, reason: str, version: int | None
    ) -> Payment:
        if button is MANUAL_REFUND:
            return record_manual_refund(payment_id=row.pk, reason=reason, actor=actor, expected_version=version)
        if button is REFUND_AGAIN:
            return retry_refused_refund(payment_id=row.pk, actor=actor, expected_version=version)
        return refund_payment(payment_id=row.pk, actor=actor, reason=reason, expected_version=version)

    def build_success_message(self, button: Button, outcome: Payment) -> str:
        if outcome.is_refund_refused:
            return REFUSED_AGAIN
        return WAITS_FOR_GATEWAY if outcome.is_refund_under_way else button.success_text

    @display(description="Payment", ordering="id")
    def short_id(self, payment: Payment) -> SafeString:
        return format_html('<span class="row-link" title="{}">…{}</span>', payment.pk, str(payment.pk)[-12:])

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, payment: Payment) -> tuple[str, str]:
        if payment.is_refund_under_way:
            return "OWED", "Refund under way" if payment.due_at else "Refund refused"
        return payment.status, payment.get_status_display()

    @display(description="Amount", ordering="amount")
    def amount_text(self, payment: Payment) -> str:
        return f"{payment.amount:.2f} {payment.currency}"

    @display(description="Paid with")
    def short_source(self, payment: Payment) -> str:
        return source_in_short(payment.source)

    @display(description="Paid with")
    def full_source(self, payment: Payment) -> str:
        return source_in_words(payment.source)

    @display(description="Customer", ordering="order__user__username", empty_value="anonymous")
    def customer_name(self, payment: Payment) -> str | None:
        return payment.order.user.username if payment.order.user else None

    @display(description="Order", ordering="order_id")
    def order_link(self, payment: Payment) -> SafeString:
        page = reverse("admin:orders_order_change", args=(payment.order_id,))
        pet, short = payment.order.pet.name, str(payment.order_id)[-12:]
        return format_html('<a class="row-link" href="{}" title="{}">{} …{}</a>', page, payment.order_id, pet, short)

    @display(description="Receipt")
    def receipt_link(self, payment: Payment) -> SafeString | None:
        if not payment.has_receipt:
            return None
        page = reverse("admin:payments_payment_receipt", args=(payment.pk,))
        return format_html('<a class="row-link" href="{}" target="_blank" rel="noopener">Open the receipt</a>', page)

    @display(description="Refund")
    def refund_state(self, payment: Payment) -> str | None:
        if payment.status == Payment.Status.REFUNDED:
            return "Confirmed by the gateway" if payment.refund_reference else "Refunded by other means"
        if not payment.is_refund_under_way:
            return None
        return REFUSED if payment.is_refund_refused else "Under way"
