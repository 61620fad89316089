"""The same command for many orders: what can be done is done, the rest is told."""

from accounts.models import User
from orders.models import Order
from orders.states import Status
from tests.backoffice.screens import Screen, count_audit_events, messages_on, reload_row, text_of
from tests.factories import OrderFactory

CASH = "Paid in cash"


def test_a_mix_moves_the_legal_and_names_the_illegal(order: Order, sams: Screen) -> None:
    other = OrderFactory.create(tenant=order.tenant)
    sams.press(other, "approve", reason=CASH)
    entries = count_audit_events(other.pk)
    page = sams.tick([order, other], "approve", confirmed="yes", reason=CASH)
    assert messages_on(page) == ["1 order approved.", f"{other.pk}: An order that is APPROVED cannot become APPROVED."]
    assert reload_row(order).status == Status.APPROVED
    assert count_audit_events(other.pk) == entries


def test_cancelling_many_asks_for_a_reason_first(order: Order, sams: Screen) -> None:
    page = sams.tick([order], "cancel")
    assert 'name="reason"' in text_of(page)
    assert reload_row(order).status == Status.PLACED


def test_cancelling_many_with_a_reason_cancels_them(order: Order, sams: Screen) -> None:
    other = OrderFactory.create(tenant=order.tenant)
    page = sams.tick([order, other], "cancel", confirmed="yes", reason="The shop closes")
    assert messages_on(page) == ["2 orders cancelled."]
    assert {reload_row(order).status, reload_row(other).status} == {Status.CANCELLED}


def test_only_admins_are_offered_force_cancel(order: Order, sams: Screen, roots: Screen) -> None:
    assert 'value="force_cancel"' not in text_of(sams.open("orders_order_changelist"))
    assert 'value="force_cancel"' in text_of(roots.open("orders_order_changelist"))


def test_staff_cannot_forge_a_force_cancel(order: Order, sams: Screen) -> None:
    sams.tick([order], "force_cancel", confirmed="yes", reason="Forged")
    assert reload_row(order).status == Status.PLACED


def test_a_foreign_order_among_the_ticked_stays_as_it_is(order: Order, foreign_order: Order, sams: Screen) -> None:
    sams.tick([order, foreign_order], "approve", confirmed="yes", reason=CASH)
    assert reload_row(order).status == Status.APPROVED
    assert reload_row(foreign_order).version == foreign_order.version


def test_nothing_can_be_deleted_in_bulk(order: Order, alice: User, sams: Screen) -> None:
    sams.tick([order], "delete_selected", post="yes")
    assert reload_row(order).version == order.version
