"""The first page of the back office: figures of the tenants in scope, in a fixed number of queries.

Orders come from daily totals, and other rows are counted up to a limit, so the page costs the same with a million
orders.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format

from chat.models import Room
from chat.rooms.queries import filter_waiting_rooms, find_longest_wait
from chat.statistics import count_consultations_today
from events.queries import list_newest_events
from kernel import clock, money
from orders.models import Order
from orders.queries import list_longest_waiting_orders
from orders.states import Status
from orders.totals import PlacedOrders, find_busiest_tenants
from payments.models import Payment
from payments.queries import filter_paid_orders
from payments.revenue import Revenue
from payments.statistics import count_orders_by_status
from pets.models import Pet
from petstore.interfaces.backoffice.charts import (
    Chart,
    build_daily_chart,
    build_orders_url,
    list_last_days,
    order_count_text,
)
from petstore.interfaces.backoffice.framework.change_lists import MAX_COUNTED, count_bounded_rows, list_named_tenants
from petstore.interfaces.backoffice.orders import unpaid_for_long
from petstore.interfaces.backoffice.room_transcripts import describe_wait
from tenants.scoping import member_scope
from webhooks.models import Delivery, Endpoint

DAYS = 30
WAITING_ROWS = 5
JOURNAL_ROWS = 8
TENANT_ROWS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with a link to the list of the rows that it counts.

    Attributes:
        note: a few words below the number; blank for none.
    """

    label: str
    number: int
    address: str
    colour: str
    note: str = ""

    @property
    def value_text(self) -> str:
        """The number as the page shows it."""
        return number_format(self.number, force_grouping=True)


class BoundedFigure(Figure):
    """A number that was counted up to MAX_COUNTED."""

    @property
    def value_text(self) -> str:
        return (
            f"{number_format(MAX_COUNTED, force_grouping=True)}+" if self.number > MAX_COUNTED else super().value_text
        )


def build_dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the dashboard (Unfold's DASHBOARD_CALLBACK)."""
    tenants = list_named_tenants()
    with nullcontext() if tenants is None else member_scope(tenants):
        by_status = count_orders_by_status(PlacedOrders().total_by_status())
        return context | {
            "attention_figures": list(_list_attention_figures(by_status[Status.APPROVED])),
            "order_figures": list(_list_order_figures(by_status)),
            "pet_figures": [
                _build_pet_figure(status) for status in (Pet.Status.AVAILABLE, Pet.Status.PENDING, Pet.Status.ADOPTED)
            ],
            "consultations_today": number_format(count_consultations_today(), force_grouping=True),
            "charts": _build_daily_charts(clock.now().date()),
            "days": DAYS,
            "tenant_figures": list(_list_tenant_figures(tenants or {})),
            "waiting": list_longest_waiting_orders(WAITING_ROWS),
            "journal": list_newest_events(JOURNAL_ROWS),
        }


def _list_attention_figures(approved: int) -> Iterator[Figure]:
    """Yield the numbers of rows that wait for staff."""
    orders, payments = reverse("admin:orders_order_changelist"), reverse("admin:payments_payment_changelist")
    deliveries, endpoints = reverse("admin:webhooks_delivery_changelist"), reverse("admin:webhooks_endpoint_changelist")
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
    paused = Endpoint.objects.filter(status=Endpoint.Status.PAUSED)
    yield _build_room_figure()
    yield _build_shipping_figure(approved, orders)
    yield _build_attention_figure("Unpaid for a day", unpaid_for_long(Order.objects.all()), f"{orders}?waiting=long")
    yield _build_attention_figure("Refunds not confirmed", Payment.objects.awaiting_refund(), f"{payments}?refund=owed")
    yield _build_attention_figure("Failed deliveries", failed, f"{deliveries}?status__exact=FAILED")
    yield _build_attention_figure("Paused endpoints", paused, f"{endpoints}?status__exact=PAUSED")


def _build_room_figure() -> Figure:
    """Return the number of rooms whose customer waits for an answer, with the longest wait."""
    number, since = count_bounded_rows(filter_waiting_rooms(Room.objects.all())), find_longest_wait()
    note = f"longest {describe_wait(since)}" if since else ""
    address = f"{reverse('admin:chat_room_changelist')}?room=waiting"
    return BoundedFigure("Rooms that wait", number, address, "placed" if number else "none", note)


def _build_shipping_figure(approved: int, orders: str) -> Figure:
    """Return the number of orders that are paid and not shipped; of all approved ones if these are too many to look for
    their payments."""
    if approved > MAX_COUNTED:
        return Figure("Approved, not shipped", approved, f"{orders}?status__exact=APPROVED", "approved")
    paid = count_bounded_rows(filter_paid_orders(Order.objects.filter(status=Status.APPROVED)))
    return Figure("Paid, not shipped", paid, f"{orders}?waiting=paid", "approved" if paid else "none")


def _build_attention_figure(label: str, rows: QuerySet[Any], address: str) -> Figure:
    number = count_bounded_rows(rows)
    return BoundedFigure(label, number, address, "failed" if number else "none")


def _list_order_figures(counts: dict[str, int]) -> Iterator[Figure]:
    orders = reverse("admin:orders_order_changelist")
    for status in Status:
        yield Figure(status.title(), counts[status], f"{orders}?status__exact={status}", status.lower())


def _build_pet_figure(status: Pet.Status) -> Figure:
    number = count_bounded_rows(Pet.objects.filter(status=status))
    address = f"{reverse('admin:pets_pet_changelist')}?status__exact={status}"
    return BoundedFigure(status.label, number, address, status.lower())


def _build_daily_charts(today: date) -> list[Chart]:
    """Return the charts of orders and of revenue, in the currency of most payments."""
    days = list_last_days(DAYS, today)
    orders: Counter[date] = Counter()
    cents: Counter[tuple[str, date]] = Counter()
    payments: Counter[str] = Counter()
    for day, sums in PlacedOrders().total_by_day(days[0]):
        orders[day] += sums.orders
    for day, paid in Revenue().sum_by_day(days[0]):
        payments[paid.currency] += paid.payments
        cents[paid.currency, day] += paid.cents
    currency = next((name for name, _ in payments.most_common(1)), money.DEFAULT_CURRENCY)
    earned = {day: number for (name, day), number in cents.items() if name == currency}
    return [
        build_daily_chart("Orders placed", days, orders, order_count_text),
        build_daily_chart("Revenue", days, earned, lambda number: f"{_format_cent_amount(number)} {currency}"),
    ]


def _format_cent_amount(cents: int) -> str:
    return number_format(cents / 100, decimal_pos=2, force_grouping=True)


def _list_tenant_figures(tenants: dict[UUID, str]) -> Iterator[Figure]:
    """Yield the tenants with the most orders in the days of the charts, for people who see several."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    if len(tenants) > 1:
        for tenant_id, number in find_busiest_tenants(first, limit=TENANT_ROWS).items():
            yield Figure(tenants[tenant_id], number, f"{build_orders_url(first, today)}&tenant={tenant_id}", "none")
