"""Bars of a dashboard, made on the server: the page needs no script and asks nobody for anything."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.formats import date_format, number_format


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart; `height` is per cent of the highest, `value_text` the number in words."""

    day: date
    number: int
    height: int
    value_text: str
    address: str

    @property
    def tooltip_text(self) -> str:
        """What it stands for."""
        return f"{date_format(self.day, 'j F')}: {self.value_text}"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of the days, and what they come to together."""

    title: str
    total: str
    bars: list[Bar]


def build_chart(title: str, days: Iterable[date], numbers: dict[date, int], shown: Callable[[int], str]) -> Chart:
    """A bar for each day, zero included, which leads to the orders of that day.

    Args:
        shown: a number in words.
    """
    bars = list(_daily_bars(list(days), numbers, shown))
    return Chart(title, shown(sum(bar.number for bar in bars)), bars)


def _daily_bars(days: list[date], numbers: dict[date, int], shown: Callable[[int], str]) -> Iterator[Bar]:
    highest = max(1, *(numbers.get(day, 0) for day in days))
    for day in days:
        number = numbers.get(day, 0)
        yield Bar(day, number, round(100 * number / highest), shown(number), orders_url(day, day))


def orders_url(first: date, last: date) -> str:
    """Where the orders from one day to another are listed."""
    return f"{reverse('admin:orders_order_changelist')}?created_at_from={first}&created_at_to={last}"


def last_days(number: int, until: date) -> list[date]:
    """So many days up to one, the first one first."""
    return [until - timedelta(days=ago) for ago in reversed(range(number))]


def order_count_text(orders: int) -> str:
    """How many orders."""
    return f"{number_format(orders, force_grouping=True)} {'order' if orders == 1 else 'orders'}"
