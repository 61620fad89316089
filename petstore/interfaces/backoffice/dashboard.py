"""The first page of the back office: figures of the tenants in scope, in a fixed number of queries.

Orders come from the tally by day; what could be many is counted to a bound. So it costs the same in a store of a
million orders.
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

from events.queries import newest_events
from kernel import clock, money
from orders.models import Order
from orders.queries import waiting_longest
from orders.states import Status
from orders.totals import Placed, busiest_tenants
from payments.models import Payment
from payments.queries import filter_paid_orders
from payments.revenue import Revenue
from payments.statistics import count_orders_by_status
from pets.models import Pet
from petstore.interfaces.backoffice.charts import Chart, build_chart, last_days, order_count_text, orders_url
from petstore.interfaces.backoffice.framework.change_lists import MAX_COUNTED, bounded_count, named_tenants
from petstore.interfaces.backoffice.orders import unpaid_for_long
from tenants.scoping import member_scope
from webhooks.models import Delivery, Endpoint

DAYS = 30
WAITING_ROWS = 5
JOURNAL_ROWS = 8
TENANT_ROWS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to the list it counts."""

    label: str
    number: int
    address: str
    colour: str

    @property
    def value_text(self) -> str:
        """The number, as far as it was counted."""
        return number_format(self.number, force_grouping=True)


class BoundedFigure(Figure):
    """One that was counted to a bound."""

    @property
    def value_text(self) -> str:
        return (
            f"{number_format(MAX_COUNTED, force_grouping=True)}+" if self.number > MAX_COUNTED else super().value_text
        )


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    tenants = named_tenants()
    with nullcontext() if tenants is None else member_scope(tenants):
        by_status = count_orders_by_status(Placed().in_all())
        return context | {
            "attention_figures": list(_attention_figures(by_status[Status.APPROVED])),
            "order_figures": list(_order_figures(by_status)),
            "pet_figures": [
                _pet_figure(status) for status in (Pet.Status.AVAILABLE, Pet.Status.PENDING, Pet.Status.ADOPTED)
            ],
            "charts": _daily_charts(clock.now().date()),
            "days": DAYS,
            "tenant_figures": list(_tenant_figures(tenants or {})),
            "waiting": waiting_longest(WAITING_ROWS),
            "journal": newest_events(JOURNAL_ROWS),
        }


def _attention_figures(approved: int) -> Iterator[Figure]:
    """What waits for staff; each leads to the very rows that it counts."""
    orders, payments = reverse("admin:orders_order_changelist"), reverse("admin:payments_payment_changelist")
    deliveries, endpoints = reverse("admin:webhooks_delivery_changelist"), reverse("admin:webhooks_endpoint_changelist")
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
    paused = Endpoint.objects.filter(status=Endpoint.Status.PAUSED)
    yield _shipping_figure(approved, orders)
    yield _attention_figure("Unpaid for a day", unpaid_for_long(Order.objects.all()), f"{orders}?waiting=long")
    yield _attention_figure("Refunds not confirmed", Payment.objects.owed(), f"{payments}?refund=owed")
    yield _attention_figure("Failed deliveries", failed, f"{deliveries}?status__exact=FAILED")
    yield _attention_figure("Paused endpoints", paused, f"{endpoints}?status__exact=PAUSED")


def _shipping_figure(approved: int, orders: str) -> Figure:
    """The orders that are paid and wait to be shipped; where too many are approved to look for their payments, all of
    these."""
    if approved > MAX_COUNTED:
        return Figure("Approved, not shipped", approved, f"{orders}?status__exact=APPROVED", "approved")
    paid = bounded_count(filter_paid_orders(Order.objects.filter(status=Status.APPROVED)))
    return Figure("Paid, not shipped", paid, f"{orders}?waiting=paid", "approved" if paid else "none")


def _attention_figure(label: str, rows: QuerySet[Any], address: str) -> Figure:
    number = bounded_count(rows)
    return BoundedFigure(label, number, address, "failed" if number else "none")


def _order_figures(counts: dict[str, int]) -> Iterator[Figure]:
    orders = reverse("admin:orders_order_changelist")
    for status in Status:
        yield Figure(status.title(), counts[status], f"{orders}?status__exact={status}", status.lower())


def _pet_figure(status: Pet.Status) -> Figure:
    number = bounded_count(Pet.objects.filter(status=status))
    address = f"{reverse('admin:pets_pet_changelist')}?status__exact={status}"
    return BoundedFigure(status.label, number, address, status.lower())


def _daily_charts(today: date) -> list[Chart]:
    """Orders, and the revenue in the currency of most payments."""
    days = last_days(DAYS, today)
    orders: Counter[date] = Counter()
    cents: Counter[tuple[str, date]] = Counter()
    payments: Counter[str] = Counter()
    for day, sums in Placed().by_day(days[0]):
        orders[day] += sums.orders
    for day, paid in Revenue().sum_by_day(days[0]):
        payments[paid.currency] += paid.payments
        cents[paid.currency, day] += paid.cents
    currency = next((name for name, _ in payments.most_common(1)), money.DEFAULT_CURRENCY)
    earned = {day: number for (name, day), number in cents.items() if name == currency}
    return [
        build_chart("Orders placed", days, orders, order_count_text),
        build_chart("Revenue", days, earned, lambda number: f"{_format_cents(number)} {currency}"),
    ]


def _format_cents(cents: int) -> str:
    return number_format(cents / 100, decimal_pos=2, force_grouping=True)


def _tenant_figures(tenants: dict[UUID, str]) -> Iterator[Figure]:
    """The tenants with the most orders of the chart's days, for whoever sees several."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    if len(tenants) > 1:
        for tenant_id, number in busiest_tenants(first, limit=TENANT_ROWS).items():
            yield Figure(tenants[tenant_id], number, f"{orders_url(first, today)}&tenant={tenant_id}", "none")
