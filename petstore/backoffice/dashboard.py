"""The first page of the back office: figures of the tenants in scope, in a fixed number of queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from events.queries import journal
from kernel import clock
from orders.models import Order
from orders.queries import counts_by_status, placed_per_day, waiting_longest
from orders.states import Status
from payments.models import Payment
from pets.queries import inventory
from petstore.backoffice.orders import unpaid_for_long
from webhooks.models import Delivery, Endpoint

DAYS = 14
WAITING_ROWS = 5
JOURNAL_ROWS = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to the list it counts."""

    label: str
    number: int
    address: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart; `height` is per cent of the highest."""

    day: date
    number: int
    height: int
    address: str


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    orders, pets = counts_by_status(), inventory()
    return context | {
        "attention_figures": list(_attention_figures()),
        "order_figures": list(_order_figures(orders)),
        "pet_figures": [
            _pets("Available", pets.available, "AVAILABLE"),
            _pets("Pending", pets.pending, "PENDING"),
            _pets("Adopted", pets.adopted, "ADOPTED"),
        ],
        "bars": list(_bars()),
        "days": DAYS,
        "waiting": list(waiting_longest()[:WAITING_ROWS]),
        "journal": list(journal().select_related("tenant")[:JOURNAL_ROWS]),
    }


def _attention_figures() -> Iterator[Figure]:
    """What somebody should look at; each leads to the very rows that it counts."""
    orders, payments = reverse("admin:orders_order_changelist"), reverse("admin:payments_payment_changelist")
    deliveries, endpoints = reverse("admin:webhooks_delivery_changelist"), reverse("admin:webhooks_endpoint_changelist")
    unpaid, owed = unpaid_for_long(Order.objects.all()), Payment.objects.owed()
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
    paused = Endpoint.objects.filter(status=Endpoint.Status.PAUSED)
    yield _attention("Orders unpaid for a day", unpaid.count(), f"{orders}?waiting=long")
    yield _attention("Refunds not confirmed", owed.count(), f"{payments}?refund=owed")
    yield _attention("Failed deliveries", failed.count(), f"{deliveries}?status__exact=FAILED")
    yield _attention("Paused endpoints", paused.count(), f"{endpoints}?status__exact=PAUSED")


def _attention(label: str, number: int, address: str) -> Figure:
    return Figure(label, number, address, "failed" if number else "none")


def _order_figures(counts: dict[str, int]) -> Iterator[Figure]:
    orders = reverse("admin:orders_order_changelist")
    for status in Status:
        yield Figure(status.title(), counts[status], f"{orders}?status__exact={status}", status.lower())


def _pets(label: str, number: int, status: str) -> Figure:
    pets = reverse("admin:pets_pet_changelist")
    return Figure(label, number, f"{pets}?status__exact={status}", status.lower())


def _bars() -> Iterator[Bar]:
    today = clock.now().date()
    placed = placed_per_day(since=today - timedelta(days=DAYS - 1), until=today)
    highest = max(1, *placed.values())
    orders = reverse("admin:orders_order_changelist")
    for day, number in placed.items():
        address = f"{orders}?created_at__year={day.year}&created_at__month={day.month}&created_at__day={day.day}"
        yield Bar(day, number, round(100 * number / highest), address)
