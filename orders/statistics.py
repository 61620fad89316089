"""The figures of a store for its dashboard, from a fixed number of queries (contract, Admin API)."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import BigIntegerField, Count, F, Q, Sum
from django.db.models.functions import Cast, Round, TruncDate

from accounts.models import User
from accounts.queries import counts_by_status as accounts_by_status
from kernel import clock, money
from kernel.actor import Actor
from kernel.errors import Invalid
from orders.models import Order, OrderQuerySet
from orders.states import Status
from pets.models import Pet
from pets.queries import counts_by_status as pets_by_status

EARNING: Final = (Status.APPROVED, Status.SHIPPED, Status.DELIVERED)
"""States whose orders count as revenue: paid or approved, and not cancelled."""

DAYS = 30
MAX_DAYS = 3660

_CENTS = Cast(Round(F("total_amount") * 100), BigIntegerField())
"""SQLite would add up floats; whole cents are exact on every database (guarantees, G11)."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, both ends included; None where there is no bound."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A day (UTC), the orders placed on it, and what they earned in the figures' currency."""

    date: date
    orders: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """How a store does.

    Attributes:
        total_users: open accounts; `active_users` of them are not suspended.
        total_pets: whatever their status.
        total_orders: placed in the span, as all figures of orders.
        total_revenue: in `currency`; `revenue_by_currency` has that one and the others.
        orders_by_day: every day of the span, first to last, zero included.
    """

    total_users: int
    active_users: int
    total_pets: int
    available_pets: int
    total_orders: int
    orders_by_status: dict[str, int]
    total_revenue: Decimal
    currency: str
    revenue_by_currency: dict[str, Decimal]
    orders_by_day: list[Day]


def store_figures(*, span: Span, actor: Actor, currency: str = money.DEFAULT_CURRENCY) -> Figures:
    """The figures of the scope.

    Args:
        span: bounds the figures of orders by when they were placed. Without an end the days end today; without a
            beginning there are 30 of them.
        currency: of the total and of the days' revenue.

    Raises:
        LoginRequired, Forbidden: only staff may.
        Invalid: the span ends before it begins, or has more than MAX_DAYS days.
    """
    actor.require_staff()
    days = _days(span, clock.now())
    users, pets, orders = accounts_by_status(), pets_by_status(), _placed_in(span)
    by_status, revenue = _totals(orders)
    revenue.setdefault(currency, Decimal(0))
    return Figures(
        total_users=sum(users.values()),
        active_users=users[User.Status.ACTIVE],
        total_pets=sum(pets.values()),
        available_pets=pets[Pet.Status.AVAILABLE],
        total_orders=sum(by_status.values()),
        orders_by_status=by_status,
        total_revenue=revenue[currency],
        currency=currency,
        revenue_by_currency=dict(sorted(revenue.items())),
        orders_by_day=_by_day(orders, days, currency),
    )


def _days(span: Span, now: datetime) -> list[date]:
    until = (span.until or now).astimezone(UTC)
    since = (span.since or until - timedelta(days=DAYS - 1)).astimezone(UTC)
    number = (until.date() - since.date()).days + 1
    if since > until:
        raise Invalid.field("from", "The span ends before this.", "out_of_range")
    if number > MAX_DAYS:
        raise Invalid.field(
            "from", f"At most {MAX_DAYS} days; for the total of all times leave it out.", "out_of_range"
        )
    return [since.date() + timedelta(days=each) for each in range(number)]


def _placed_in(span: Span) -> OrderQuerySet:
    orders: OrderQuerySet = Order.objects.order_by()
    if span.since:
        orders = orders.filter(created_at__gte=span.since)
    return orders.filter(created_at__lte=span.until) if span.until else orders


def _totals(orders: OrderQuerySet) -> tuple[dict[str, int], dict[str, Decimal]]:
    """How many orders stand in each status, zero included, and what the earning ones earned in each currency."""
    by_status = Counter(dict.fromkeys(Status.__members__, 0))
    cents: Counter[str] = Counter()
    counted = orders.values_list("status", "currency").annotate(number=Count("*"), cents=Sum(_CENTS))
    for status, currency, number, worth in counted:
        by_status[status] += number
        if status in EARNING:
            cents[currency] += worth
    return dict(by_status), {currency: _amount(earned) for currency, earned in cents.items()}


def _by_day(orders: OrderQuerySet, days: list[date], currency: str) -> list[Day]:
    start = datetime.combine(days[0], time(), UTC)
    placed = orders.filter(created_at__gte=start).annotate(day=TruncDate("created_at", tzinfo=UTC))
    earned = Sum(_CENTS, filter=Q(status__in=EARNING, currency=currency), default=0)
    counted = placed.values_list("day").annotate(number=Count("*"), cents=earned)
    found = {day: Day(day, number, _amount(cents)) for day, number, cents in counted}
    return [found.get(day) or Day(day, 0, _amount(0)) for day in days]


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-money.DECIMAL_PLACES)
