"""The figures of a store: what is counted, in which scope and span, and what earns (contract, Admin API)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.registration import change_user_status, close_account
from kernel import clock
from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired
from orders.date_ranges import DateRange
from orders.imports import PastOrder, PastPet, PastRows, PastStep
from orders.models import DailyOrderTotals, Order
from orders.states import Status
from payments.errors import GatewayTimeout
from payments.gateways.sandbox import DECLINED_CARD
from payments.imports import PastPayment, PastSales, import_sales
from payments.models import DailyRevenue
from payments.services.order_transitions import cancel_order
from payments.statistics import DAYS, MAX_DAYS, StoreStatistics, compute_store_statistics
from pets.models import Pet
from pets.services.details import PetDetails
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, PetFactory, acting
from tests.orders.moving import order_in
from tests.payments.conftest import Use
from tests.payments.paying import Unlucky, pay, raises, source

pytestmark = pytest.mark.usefixtures("revenue_at_once")

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
JUNE = DateRange(datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC))
NOTHING, PRICE = Decimal(0), Decimal(150)
ZERO = dict.fromkeys(Status.__members__, 0)


def _figures(tenant: Tenant, span: DateRange = DateRange(), **values: Any) -> StoreStatistics:  # noqa: B008  # a frozen value
    with tenant_scope(tenant.id):
        return compute_store_statistics(span=span, actor=SYSTEM, **values)


@pytest.fixture
def sell(acme: Tenant) -> Callable[..., None]:
    """Brings in an order of acme that was placed at a moment, and paid unless it is PLACED."""

    def sell(at: datetime, status: Status = Status.APPROVED, price: str = "150.00", currency: str = "USD") -> None:
        road = [Status.PLACED] if status is Status.PLACED else [Status.PLACED, Status.APPROVED]
        steps = tuple(PastStep(status=each, at=at, by=SYSTEM) for each in road)
        details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(price), currency=currency)
        past = PastPet(details=details, arrived_at=at, by=SYSTEM, orders=(PastOrder(customer_id=None, steps=steps),))
        sales = PastSales(PastRows(acme.id))
        sales.add_pet(past, [[PastPayment(source=source(), at=at)] if status is Status.APPROVED else []])
        with tenant_scope(acme.id):
            import_sales(sales)

    return sell


def test_an_empty_store_has_zeros(acme: Tenant) -> None:
    figures = _figures(acme)
    assert (figures.total_users, figures.total_pets, figures.total_orders) == (0, 0, 0)
    assert (figures.active_users, figures.available_pets, figures.orders_by_status) == (0, 0, ZERO)
    assert (figures.total_revenue, figures.revenue_by_currency) == (NOTHING, {"USD": NOTHING})
    assert [(day.orders, day.revenue) for day in figures.orders_by_day] == [(0, NOTHING)] * DAYS


def sold(tenant: Tenant, price: str, currency: str = "USD") -> Order:
    """An order that is paid."""
    order: Order = OrderFactory.create(tenant=tenant, pet__price=Decimal(price), pet__currency=currency)
    pay(order)
    return order


def test_every_status_is_counted_and_only_payments_earn(acme: Tenant) -> None:
    for status in Status:
        order_in(status, tenant=acme)
    sold(acme, "14.14")
    figures = _figures(acme)
    assert figures.orders_by_status == dict.fromkeys(Status.__members__, 1) | {"APPROVED": 2}
    assert (figures.total_orders, figures.total_revenue) == (6, Decimal("14.14"))
    assert (figures.orders_by_day[-1].orders, figures.orders_by_day[-1].revenue) == (6, Decimal("14.14"))


def test_what_is_refunded_or_declined_earns_nothing(acme: Tenant) -> None:
    kept, gone = sold(acme, "1.01"), sold(acme, "2.02")
    pay(OrderFactory.create(tenant=acme), DECLINED_CARD)
    assert _figures(acme).total_revenue == Decimal("3.03")
    with tenant_scope(acme.id):
        cancel_order(order_id=gone.id, actor=SYSTEM)
    assert (_figures(acme).total_revenue, _figures(acme).orders_by_day[-1].revenue) == (kept.total_amount,) * 2


def test_what_has_to_be_refunded_earns_nothing_before_the_gateway_has_confirmed_it(acme: Tenant, use: Use) -> None:
    order = sold(acme, "2.02")
    use(Unlucky(before=[raises(GatewayTimeout())]))
    with tenant_scope(acme.id):
        cancel_order(order_id=order.id, actor=SYSTEM)
    assert _figures(acme).total_revenue == NOTHING


def test_each_currency_has_its_own_revenue(acme: Tenant) -> None:
    for currency, price in (("USD", "1.00"), ("EUR", "2.00"), ("EUR", "3.00")):
        sold(acme, price, currency)
    dollars, euros, pounds = (_figures(acme, currency=currency) for currency in ("USD", "EUR", "GBP"))
    assert [figures.total_revenue for figures in (dollars, euros, pounds)] == [1, 5, 0]
    assert [figures.orders_by_day[-1].revenue for figures in (dollars, euros, pounds)] == [1, 5, 0]
    assert pounds.revenue_by_currency == {"EUR": 5, "GBP": 0, "USD": 1}
    assert pounds.orders_by_day[-1].orders == 3


@pytest.mark.parametrize("price", ["0.01", "0.10", "19.99", "9999999999.99"])
def test_sums_are_exact_to_the_cent(acme: Tenant, price: str) -> None:
    for _ in range(7):
        sold(acme, price)
    figures = _figures(acme)
    assert str(figures.total_revenue) == str(figures.orders_by_day[-1].revenue) == str(7 * Decimal(price))


def test_users_are_the_open_accounts_and_suspended_ones_are_not_active(
    acme: Tenant, alice: User, bob: User, sam: User, charlie: User
) -> None:
    with tenant_scope(acme.id):
        change_user_status(user_id=alice.id, status=User.Status.SUSPENDED, actor=SYSTEM)
        close_account(user_id=bob.id, actor=SYSTEM)
    assert (_figures(acme).total_users, _figures(acme).active_users) == (2, 1)


def test_pets_are_counted_whatever_their_status(acme: Tenant, rex: Pet, mia: Pet) -> None:
    PetFactory.create(tenant=acme, status=Pet.Status.NOT_AVAILABLE)
    order_in(Status.PLACED, tenant=acme)
    assert (_figures(acme).total_pets, _figures(acme).available_pets) == (3, 1)


def test_a_neighbours_store_is_in_no_figure(acme: Tenant, globex: Tenant, charlie: User, mia: Pet) -> None:
    before = _figures(acme)
    sold(globex, "150.00")
    assert _figures(acme) == before
    assert _figures(globex).total_revenue == 150


@pytest.mark.parametrize(
    ("span", "orders"),
    [
        (DateRange(), 3),
        (DateRange(since=NOON), 3),
        (DateRange(since=NOON + timedelta(seconds=1)), 2),
        (DateRange(until=NOON + timedelta(days=1)), 2),
        (DateRange(until=NOON + timedelta(days=1, seconds=-1)), 1),
        (DateRange(NOON + timedelta(days=1), NOON + timedelta(days=1)), 1),
        (DateRange(NOON.astimezone(timezone(timedelta(hours=5))), NOON), 1),
        (DateRange(until=NOON - timedelta(days=1)), 0),
    ],
)
def test_both_ends_of_a_span_belong_to_it(
    acme: Tenant, sell: Callable[..., None], span: DateRange, orders: int
) -> None:
    for number in range(3):
        sell(NOON + timedelta(days=number))
    figures = _figures(acme, span)
    assert (figures.total_orders, figures.orders_by_status["APPROVED"]) == (orders, orders)
    assert (figures.total_revenue, figures.total_users, figures.total_pets) == (PRICE * orders, 0, 3)


def test_the_days_of_a_span_have_their_orders_and_no_others(acme: Tenant, sell: Callable[..., None]) -> None:
    for at in (NOON, NOON, NOON + timedelta(days=29), NOON - timedelta(days=1), NOON + timedelta(days=30)):
        sell(at)
    sell(NOON, status=Status.PLACED)
    days = _figures(acme, JUNE).orders_by_day
    assert [day.date for day in days] == [date(2025, 6, number) for number in range(1, 31)]
    busy = {day.date.day: (day.orders, day.revenue) for day in days if day.orders}
    assert busy == {1: (3, PRICE * 2), 30: (1, PRICE)}


def test_a_day_is_one_of_utc(acme: Tenant, sell: Callable[..., None]) -> None:
    for moment in (datetime(2025, 6, 1, 23, 59, 59, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC)):
        sell(moment)
    west = DateRange(datetime(2025, 6, 1, 19, tzinfo=timezone(timedelta(hours=-5))), JUNE.until)
    assert [day.orders for day in _figures(acme, JUNE).orders_by_day[:3]] == [1, 1, 0]
    assert (_figures(acme, west).total_orders, _figures(acme, west).orders_by_day[0].date) == (1, date(2025, 6, 2))


def test_without_a_span_the_totals_are_of_all_times_and_the_days_the_last_thirty(
    acme: Tenant, sell: Callable[..., None]
) -> None:
    today = clock.now()
    for days in (0, 29, 30, 400):
        sell(today - timedelta(days=days))
    figures = _figures(acme)
    assert (figures.total_orders, figures.total_revenue) == (4, PRICE * 4)
    assert [day.orders for day in figures.orders_by_day] == [1, *[0] * 28, 1]
    assert figures.orders_by_day[-1].date - figures.orders_by_day[0].date == timedelta(days=29)


def test_without_a_beginning_the_days_are_the_thirty_up_to_the_end(acme: Tenant, sell: Callable[..., None]) -> None:
    sell(NOON - timedelta(days=300))
    figures = _figures(acme, DateRange(until=NOON))
    assert (figures.total_orders, len(figures.orders_by_day)) == (1, DAYS)
    assert figures.orders_by_day[-1].date == NOON.date()


@pytest.mark.parametrize(
    "span",
    [
        DateRange(NOON, NOON - timedelta(seconds=1)),
        DateRange(since=datetime(2199, 1, 1, tzinfo=UTC)),
        DateRange(NOON, NOON + timedelta(days=MAX_DAYS)),
        DateRange(since=datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_span_that_is_turned_round_or_too_long_is_refused(acme: Tenant, span: DateRange) -> None:
    with pytest.raises(Invalid) as refusal:
        _figures(acme, span)
    assert refusal.value.faults[0].field == "from"


def test_the_longest_span_is_taken(acme: Tenant) -> None:
    assert len(_figures(acme, DateRange(NOON, NOON + timedelta(days=MAX_DAYS - 1))).orders_by_day) == MAX_DAYS


@pytest.mark.parametrize(("who", "error"), [("nobody", LoginRequired), ("alice", Forbidden)])
def test_only_staff_learn_the_figures(acme: Tenant, alice: User, who: str, error: type[DomainError]) -> None:
    actor = acting(alice) if who == "alice" else ANONYMOUS
    with tenant_scope(acme.id), pytest.raises(error):
        compute_store_statistics(span=DateRange(), actor=actor)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("span", "number"), [(DateRange(), 6), (JUNE, 6), (DateRange(NOON, NOON), 8), (DateRange(until=NOON), 8)]
)
def test_the_figures_take_six_queries_and_two_for_days_that_are_not_whole(
    acme: Tenant, sell: Callable[..., None], rows: int, span: DateRange, number: int
) -> None:
    for currency in ("USD", "EUR", "GBP")[:rows]:
        sell(NOON, currency=currency)
    with CaptureQueriesContext(connection) as queries:
        assert _figures(acme, span).total_orders == rows
    assert len(queries) == number


def test_whole_days_are_read_from_the_totals_and_broken_ones_from_the_rows(
    acme: Tenant, sell: Callable[..., None]
) -> None:
    for day in range(3):
        sell(NOON + timedelta(days=day))
    with tenant_scope(acme.id):
        DailyOrderTotals.objects.update(orders=100)
        DailyRevenue.objects.update(cents=700)
    span = DateRange(NOON - timedelta(seconds=1), NOON + timedelta(days=2))
    days = _figures(acme, span).orders_by_day
    assert [(day.orders, day.revenue) for day in days] == [(1, PRICE), (100, 7), (1, PRICE)]


def test_any_span_has_what_counting_finds(acme: Tenant, sell: Callable[..., None]) -> None:
    dice = Random(7)
    moments = [NOON + timedelta(hours=dice.randrange(72)) for _ in range(20)]
    for at in moments:
        sell(at, status=dice.choice((Status.PLACED, Status.APPROVED)))
    for _ in range(30):
        since, until = sorted(NOON + timedelta(seconds=dice.randrange(-90_000, 300_000)) for _ in range(2))
        figures = _figures(acme, DateRange(since, until))
        expected = sum(since <= at <= until for at in moments)
        assert (figures.total_orders, sum(day.orders for day in figures.orders_by_day)) == (expected, expected)
        assert sum(day.revenue for day in figures.orders_by_day) == figures.total_revenue
