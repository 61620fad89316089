"""Statistics of a store for its dashboard, from a fixed number of queries (contract, Admin API)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from accounts.queries import count_users_by_status as accounts_by_status
from kernel import clock, money
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Role
from kernel.errors import Invalid
from orders.date_ranges import DateRange
from orders.states import Status
from orders.totals import OrderTotals, PlacedOrders
from payments.revenue import Revenue, RevenueTotal
from pets.models import Pet
from pets.queries import count_pets_by_status as pets_by_status

DAYS = 30
MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class DailyStatistics:
    """A day (UTC), the orders placed on it, and its revenue in the currency of the statistics."""

    date: date
    orders: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    """The statistics of a store in a span of time.

    Attributes:
        total_users: open accounts; `active_users` of them are not suspended.
        total_pets: whatever their status.
        total_orders: placed in the span, as are all numbers of orders.
        total_revenue: what was paid in the span and not given back, in `currency`; `revenue_by_currency` has that one
            and the others.
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
    orders_by_day: list[DailyStatistics]


@requires_access(TokenScope.READ_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def compute_store_statistics(
    *, span: DateRange, actor: Actor, currency: str = money.DEFAULT_CURRENCY
) -> StoreStatistics:
    """Compute the statistics of the scope.

    Args:
        span: bounds orders by when they were placed, and revenue by when it was paid. Without an end the
            days end today; without a beginning there are 30 of them.
        currency: of the total and of the days' revenue.

    Raises:
        LoginRequired, Forbidden: only staff may.
        Invalid: the span ends before it begins, or has more than MAX_DAYS days.
    """
    actor.require_staff()
    days = _list_days(span, clock.now())
    users, pets = accounts_by_status(), pets_by_status()
    placed, paid = PlacedOrders(span), Revenue(span)
    by_status, revenue = (
        count_orders_by_status(placed.total_by_status()),
        _sum_revenue_by_currency(paid.sum_by_currency()),
    )
    revenue.setdefault(currency, Decimal(0))
    return StoreStatistics(
        total_users=sum(users.values()),
        active_users=users[User.Status.ACTIVE],
        total_pets=sum(pets.values()),
        available_pets=pets[Pet.Status.AVAILABLE],
        total_orders=sum(by_status.values()),
        orders_by_status=by_status,
        total_revenue=revenue[currency],
        currency=currency,
        revenue_by_currency=dict(sorted(revenue.items())),
        orders_by_day=_list_daily_statistics(placed, paid, days, currency),
    )


def _list_days(span: DateRange, now: datetime) -> list[date]:
    until = (span.until or now).astimezone(UTC)
    since = (span.since or until - timedelta(days=DAYS - 1)).astimezone(UTC)
    number = (until.date() - since.date()).days + 1
    if since > until:
        raise Invalid.for_field("from", "The span ends before this.", "out_of_range")
    if number > MAX_DAYS:
        raise Invalid.for_field(
            "from", f"At most {MAX_DAYS} days; for the total of all times leave it out.", "out_of_range"
        )
    return [since.date() + timedelta(days=each) for each in range(number)]


def count_orders_by_status(sums: Iterable[OrderTotals]) -> dict[str, int]:
    """Return how many orders stand in each status, zero included."""
    by_status = Counter(dict.fromkeys(Status.__members__, 0))
    for each in sums:
        by_status[each.status] += each.orders
    return dict(by_status)


def _sum_revenue_by_currency(earned: Iterable[RevenueTotal]) -> dict[str, Decimal]:
    cents: Counter[str] = Counter()
    for each in earned:
        cents[each.currency] += each.cents
    return {currency: cents_to_amount(number) for currency, number in cents.items()}


def _list_daily_statistics(
    placed: PlacedOrders, paid: Revenue, days: list[date], currency: str
) -> list[DailyStatistics]:
    orders: Counter[date] = Counter()
    cents: Counter[date] = Counter()
    for day, sums in placed.total_by_day(days[0]):
        orders[day] += sums.orders
    for day, earned in paid.sum_by_day(days[0]):
        cents[day] += earned.cents if earned.currency == currency else 0
    return [DailyStatistics(day, orders[day], cents_to_amount(cents[day])) for day in days]


def cents_to_amount(cents: int) -> Decimal:
    """Convert hundredths of a currency to its amount."""
    return Decimal(cents).scaleb(-money.DECIMAL_PLACES)
