"""A payment that breaks off anywhere ends with one charge (guarantees, G2): by its key, or by the sweep."""

from collections.abc import Callable

import pytest

from idempotency.errors import KeyInUse
from orders.models import Order
from orders.states import Status
from payments.errors import OrderNotPayable, PaymentUnderWay
from payments.services import settlement
from payments.services.reconciliation import reconcile_due_payments
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.payments.callers import STEPS, pay_and_die
from tests.payments.conftest import Use
from tests.payments.paying import (
    Broken,
    Unlucky,
    charged,
    let_leases_expire,
    let_pass,
    pay,
    pay_once,
    payments_of,
    raises,
    statuses,
    stored,
)
from tests.payments.rush import complaints, sweep_up
from tests.processes import running

Break = Callable[[pytest.MonkeyPatch, Use], Callable[[], object]]


def _at_the_gateway(**when: object) -> Break:
    def prepare(_patch: pytest.MonkeyPatch, use: Use) -> Callable[[], object]:
        use(Unlucky(**{name: [raises(Broken())] for name in when}))
        return int

    return prepare


def _while_it_is_written_down(patch: pytest.MonkeyPatch, _use: Use) -> Callable[[], object]:
    def fail(*_values: object, **_named: object) -> None:
        patch.undo()
        raise Broken

    patch.setattr(settlement, "build_payment_event", fail)
    return int


def _before_the_answer_is_kept(_patch: pytest.MonkeyPatch, _use: Use) -> Callable[[], object]:
    return raises(Broken())


BREAKS: dict[str, Break] = {
    "before the charge": _at_the_gateway(before=True),
    "after the charge": _at_the_gateway(after=True),
    "while it is written down": _while_it_is_written_down,
    "before the answer is kept": _before_the_answer_is_kept,
}


@pytest.fixture
def broken_off(order: Order, use: Use, revenue_at_once: None, request: pytest.FixtureRequest) -> Order:
    """An order whose payment broke off at the step that the test names."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Broken):
        pay_once(order, after=BREAKS[request.param](patch, use))
    return order


every_step = pytest.mark.parametrize("broken_off", BREAKS, indirect=True)


@every_step
def test_the_same_key_brings_it_to_its_end(broken_off: Order) -> None:
    (payment,) = payments_of(broken_off)
    assert pay_once(broken_off) == pay_once(broken_off) == payment.id
    assert (charged(), stored(broken_off).status) == (1, Status.APPROVED)
    assert complaints([broken_off]) == []


@every_step
def test_another_key_charges_no_second_time(broken_off: Order) -> None:
    before = charged()
    with pytest.raises((PaymentUnderWay, OrderNotPayable)):
        pay_once(broken_off, "key-2")
    assert charged() == before


@every_step
def test_the_sweep_brings_it_to_its_end(broken_off: Order) -> None:
    sweep_up()
    if charged() == 0:
        assert statuses(broken_off) == {"FAILED": 1}
        pay(broken_off)
    assert (charged(), stored(broken_off).status) == (1, Status.APPROVED)
    assert complaints([broken_off]) == []


@every_step
def test_the_key_after_the_sweep_gets_what_the_sweep_has_found(broken_off: Order) -> None:
    let_pass(2)
    reconcile_due_payments()
    (payment,) = payments_of(broken_off)
    assert pay_once(broken_off) == payment.id
    assert (charged(), stored(broken_off).status) == (1, Status.APPROVED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_is_killed_costs_the_customer_nothing(acme: Tenant, step: str) -> None:
    order: Order = OrderFactory.create(tenant=acme)
    with running(pay_and_die, str(order.id), step) as dying:
        assert dying.wait() == 9
    with pytest.raises(KeyInUse):
        pay_once(order)
    let_leases_expire()
    (payment,) = payments_of(order)
    assert pay_once(order) == payment.id
    assert (charged(), stored(order).status) == (1, Status.APPROVED)
    assert complaints([order]) == []
