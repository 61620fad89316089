"""Each figure of the dashboard counts the rows of the list that it links to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Room
from chat.services.counts import count_consultation
from kernel import clock
from orders.models import Order
from orders.states import Status
from payments.errors import GatewayTimeout
from payments.models import Payment
from petstore.interfaces.backoffice.dashboard import DAYS
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, reload_row, rows_on
from tests.factories import OrderFactory
from tests.orders.moving import order_in
from tests.payments.conftest import Use, use
from tests.payments.paying import Unlucky, raises
from webhooks.models import Delivery, Endpoint

__all__ = ["use"]

ROOMS, PAID, UNPAID, REFUNDS, FAILED, PAUSED = range(6)


def grown_old(order: Order, age: timedelta) -> None:
    with tenant_scope(order.tenant_id):
        Order.objects.filter(pk=order.pk).update(created_at=clock.now() - age)


def attention_numbers(screen: Screen) -> list[int]:
    return [figure.number for figure in screen.open("index").context["attention_figures"]]


def rows_behind_figure(screen: Screen, place: int) -> list[object]:
    """The rows that a figure leads to."""
    figure = screen.open("index").context["attention_figures"][place]
    rows = rows_on(screen.get(figure.address))
    assert len(rows) == figure.number
    return rows


def test_nothing_needs_attention_where_all_is_well(order: Order, endpoint: Endpoint, sams: Screen) -> None:
    assert attention_numbers(sams) == [0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("hours", "is_counted"), [(25, True), (23, False)])
def test_orders_that_nobody_pays_for_a_day(order: Order, sams: Screen, hours: int, is_counted: bool) -> None:
    grown_old(order, timedelta(hours=hours))
    assert rows_behind_figure(sams, UNPAID) == ([order] if is_counted else [])


def test_orders_that_were_paid_are_not_among_them(payment: Payment, order: Order, sams: Screen) -> None:
    grown_old(order, timedelta(days=3))
    assert rows_behind_figure(sams, UNPAID) == []


def test_refunds_that_the_gateway_has_not_confirmed(payment: Payment, order: Order, sams: Screen, use: Use) -> None:
    use(Unlucky(before=[raises(GatewayTimeout())]))
    sams.fill("payments_payment_command", payment.pk, "refund", version=reload_row(payment).version, reason="It bites")
    assert rows_behind_figure(sams, REFUNDS) == [payment]


def test_refunds_that_it_has_confirmed_are_not_among_them(payment: Payment, sams: Screen) -> None:
    sams.fill("payments_payment_command", payment.pk, "refund", version=reload_row(payment).version, reason="It bites")
    assert rows_behind_figure(sams, REFUNDS) == []


def test_deliveries_that_failed(delivery: Delivery, sams: Screen) -> None:
    with tenant_scope(delivery.tenant_id):
        Delivery.objects.filter(pk=delivery.pk).update(status="FAILED", due_at=None, settled_at=clock.now())
    assert rows_behind_figure(sams, FAILED) == [delivery]


def test_endpoints_that_are_paused(endpoint: Endpoint, sams: Screen) -> None:
    sams.fill("webhooks_endpoint_command", endpoint.pk, "pause", version=endpoint.version)
    assert rows_behind_figure(sams, PAUSED) == [endpoint]


def test_rooms_whose_customer_waits_with_the_longest_wait(room: Room, foreign_room: Room, sams: Screen) -> None:
    with tenant_scope(room.tenant_id):
        Room.objects.filter(pk=room.pk).update(waiting_since=clock.now() - timedelta(hours=2))
    assert rows_behind_figure(sams, ROOMS) == [room]
    assert sams.open("index").context["attention_figures"][ROOMS].note == "longest 2\xa0hours"
    sams.fill("chat_room_command", room.pk, "close")
    assert rows_behind_figure(sams, ROOMS) == []
    assert sams.open("index").context["attention_figures"][ROOMS].note == ""


def test_staff_are_not_bothered_with_other_tenants(
    foreign_order: Order, foreign_endpoint: Endpoint, foreign_delivery: Delivery, sams: Screen, roots: Screen
) -> None:
    grown_old(foreign_order, timedelta(days=3))
    with tenant_scope(foreign_order.tenant_id):
        Endpoint.objects.update(status="PAUSED")
        Delivery.objects.filter(pk=foreign_delivery.pk).update(status="FAILED", due_at=None, settled_at=clock.now())
    assert attention_numbers(roots) == [0, 0, 1, 0, 1, 1]
    assert attention_numbers(sams) == [0, 0, 0, 0, 0, 0]


def test_a_bar_of_the_chart_leads_to_the_orders_of_its_day(order: Order, sams: Screen) -> None:
    bars = sams.open("index").context["charts"][0].bars
    assert rows_on(sams.get(bars[-1].address)) == [order]
    assert rows_on(sams.get(bars[-2].address)) == []


def test_every_tile_has_the_number_of_the_list_behind_it(
    payment: Payment, endpoint: Endpoint, foreign_order: Order, sams: Screen, roots: Screen
) -> None:
    OrderFactory.create_batch(2, tenant=payment.tenant)
    for screen in (sams, roots):
        page = screen.open("index").context
        tiles = [*page["attention_figures"], *page["order_figures"], *page["pet_figures"], *page["tenant_figures"]]
        assert any(tile.number > 1 for tile in tiles)
        for tile in tiles:
            assert screen.get(tile.address).context["cl"].result_count == tile.number, tile.label


def test_the_busiest_tenants_are_shown_to_whoever_sees_several(
    foreign_order: Order, acme: Tenant, sams: Screen, roots: Screen
) -> None:
    OrderFactory.create_batch(2, tenant=acme)
    busiest = roots.open("index").context["tenant_figures"]
    assert [(tenant.label, tenant.number) for tenant in busiest] == [("Acme", 2), ("Globex", 1)]
    assert sams.open("index").context["tenant_figures"] == []


def test_paid_orders_that_are_not_shipped(payment: Payment, order: Order, acme: Tenant, sams: Screen) -> None:
    unpaid = order_in(Status.APPROVED, tenant=acme)
    order_in(Status.SHIPPED, tenant=acme)
    assert rows_behind_figure(sams, PAID) == [order]
    assert rows_on(sams.open("orders_order_changelist", waiting="unpaid")) == [unpaid]


@pytest.mark.usefixtures("revenue_at_once")
def test_the_charts_show_orders_and_what_was_paid(payment: Payment, foreign_order: Order, sams: Screen) -> None:
    order_in(Status.APPROVED, tenant=payment.tenant)
    orders, revenue = sams.open("index").context["charts"]
    assert (orders.total, revenue.total) == ("2 orders", "150.00 USD")
    assert [(bar.number, bar.height) for bar in orders.bars[-2:]] == [(0, 0), (2, 100)]
    assert len(orders.bars) == len(revenue.bars) == DAYS


def test_the_dashboard_takes_as_many_queries_with_many_orders_as_with_none(acme: Tenant, roots: Screen) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            roots.open("index")
        return len(queries)

    OrderFactory.create(tenant=acme)
    roots.open("index")
    with_one = cost()
    OrderFactory.create_batch(30, tenant=acme)
    assert (with_one, cost()) == (22, 22)


def test_the_consultations_of_today_are_those_of_the_viewer_s_tenants(
    acme: Tenant, globex: Tenant, sams: Screen
) -> None:
    today = clock.now().date()
    for tenant, day in ((acme, today), (acme, today), (acme, today - timedelta(days=1)), (globex, today)):
        with tenant_scope(tenant.id):
            count_consultation(day)
    page = sams.open("index")
    assert page.context["consultations_today"] == "2"
    assert "Consultations today" in page.content.decode()
