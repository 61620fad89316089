"""Bar charts of the dashboard, made on the server: the page needs no script and no other host."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.formats import date_format, number_format


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart.

    Attributes:
        height: per cent of the highest bar.
        value_text: the number with its unit.
        address: the list of that day's orders.
    """

    day: date
    number: int
    height: int
    value_text: str
    address: str

    @property
    def tooltip_text(self) -> str:
        """The day and its number."""
        return f"{date_format(self.day, 'j F')}: {self.value_text}"


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of several days, and their sum."""

    title: str
    total: str
    bars: list[Bar]


def build_daily_chart(
    title: str, days: Iterable[date], numbers: dict[date, int], format_value: Callable[[int], str]
) -> Chart:
    """Return a chart with a bar for each day, zero included, which links to the orders of that day."""
    bars = list(_build_daily_bars(list(days), numbers, format_value))
    return Chart(title, format_value(sum(bar.number for bar in bars)), bars)


def _build_daily_bars(days: list[date], numbers: dict[date, int], format_value: Callable[[int], str]) -> Iterator[Bar]:
    highest = max(1, *(numbers.get(day, 0) for day in days))
    for day in days:
        number = numbers.get(day, 0)
        yield Bar(day, number, round(100 * number / highest), format_value(number), build_orders_url(day, day))


def build_orders_url(first: date, last: date) -> str:
    """Return the address of the list of orders from one day to another."""
    return f"{reverse('admin:orders_order_changelist')}?created_at_from={first}&created_at_to={last}"


def list_last_days(number: int, until: date) -> list[date]:
    """Return a number of days up to one, the earliest first."""
    return [until - timedelta(days=ago) for ago in reversed(range(number))]


def order_count_text(orders: int) -> str:
    """Return a number of orders as text."""
    return f"{number_format(orders, force_grouping=True)} {'order' if orders == 1 else 'orders'}"
