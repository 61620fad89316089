"""What becomes of a payment, its order and the money (contract, Payments)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import AuditEvent
from kernel import clock
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired
from kernel.ids import new_id
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import Order, OrderTransition
from orders.states import Status
from payments.errors import GatewayError, GatewayTimeout, OrderNotPayable, PaymentUnderWay
from payments.gateways.port import Charge, Outcome
from payments.gateways.sandbox import DECLINED_CARD, FAILING_CARD, SILENT_CARD, SUCCEEDING_CARD
from payments.models import Payment
from payments.services.payment import pay_order
from pets.models import Pet
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory, acting
from tests.orders.moving import order_in
from tests.payments.conftest import Use
from tests.payments.paying import Slow, Unlucky, charged, pay, payments_of, raises, source, stored
from tests.payments.sources import bank_account, card, parsed
from tests.snapshots import snapshot


def _told(action: str) -> list[dict[str, Any]]:
    return [event.details for event in AuditEvent.objects.filter(action=action).order_by("id")]


def test_a_good_card_pays_and_the_order_is_approved(in_acme: Tenant, order: Order) -> None:
    payment = pay(order)
    assert payment.status == stored(payment).status == Payment.Status.SUCCEEDED
    assert (stored(order).status, charged()) == (Status.APPROVED, 1)
    assert (payment.due_at, payment.gateway) == (None, "sandbox")
    assert payment.reference
    assert payment.settled_at


def test_a_bank_account_pays_too(order: Order) -> None:
    payment = pay(order, source=parsed(bank_account()))
    assert (payment.status, payment.source["bankName"]) == (Payment.Status.SUCCEEDED, "JPMorgan Chase")


def test_what_is_kept_of_the_source_is_what_callers_see(order: Order) -> None:
    payment = pay(order)
    assert payment.source == source().to_public()
    assert "4242424242424242" not in str(snapshot())


def test_the_journal_tells_of_the_payment_with_order_and_receipt(in_acme: Tenant, order: Order, alice: User) -> None:
    payment = pay(order, actor=Actor(user_id=alice.id, role=Role.CUSTOMER, ip_address="192.0.2.1", request_id="r-1"))
    event = AuditEvent.objects.get(action="PAYMENT_SUCCEEDED")
    assert (event.entity_type, event.entity_id, event.actor_id) == ("PAYMENTS", payment.id, alice.id)
    assert (event.ip_address, event.request_id) == ("192.0.2.1", "r-1")
    assert event.details["changes"] == {"status": ["PROCESSING", "SUCCEEDED"]}
    assert event.details["payment"] == {
        "version": 1,
        "id": str(payment.id),
        "amount": "150.00",
        "currency": "USD",
        "source": {
            "object": "card",
            "name": "",
            "number": "************4242",
            "exp_month": payment.source["expMonth"],
            "exp_year": payment.source["expYear"],
            "brand": "VISA",
            "last4": "4242",
            "billing_address": None,
        },
        "status": "SUCCEEDED",
        "created_at": clock.format_rfc3339(payment.created_at),
    }
    assert (event.details["order"]["id"], event.details["order"]["status"]) == (str(order.id), "APPROVED")
    assert event.details["receipt"] == {
        "version": 1,
        "id": str(payment.id),
        "generated_at": clock.format_rfc3339(stored(payment).settled_at),
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("payer", "number", "has_key", "statements"),
    [
        ("customer", SUCCEEDING_CARD, False, 3),
        ("anonymous", SUCCEEDING_CARD, False, 3),
        ("system", SUCCEEDING_CARD, False, 3),
        ("customer", DECLINED_CARD, False, 3),
        ("customer", SUCCEEDING_CARD, True, 4),
    ],
)
def test_a_payment_takes_three_statements_and_one_more_to_look_for_an_earlier_call(
    rex: Pet, alice: User, payer: str, number: str, has_key: bool, statements: int
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite takes a statement for each row")
    actor = {"customer": acting(alice), "anonymous": ANONYMOUS, "system": SYSTEM}[payer]
    order = OrderFactory.create(pet=rex, customer=alice if payer == "customer" else None)
    with CaptureQueriesContext(connection) as queries:
        pay(order, number, actor=actor, payment_id=new_id() if has_key else None)
    assert len(queries) == statements


@pytest.mark.parametrize("status", [Status.APPROVED, Status.CANCELLED])
def test_customers_do_not_pay_their_own_orders_twice_or_in_vain(alice: User, status: Status) -> None:
    order = order_in(status, tenant=alice.tenant, customer=alice)
    before = snapshot()
    with pytest.raises(OrderNotPayable):
        pay(order, actor=acting(alice))
    assert snapshot() == before


@pytest.mark.parametrize("changed", [{"amount": Decimal("0.01")}, {"currency": "EUR"}, {"currency": "JPY"}])
def test_customers_pay_what_their_own_orders_cost(rex: Pet, alice: User, changed: dict[str, Any]) -> None:
    order = OrderFactory.create(pet=rex, customer=alice)
    before = snapshot()
    with pytest.raises(Invalid):
        pay(order, actor=acting(alice), **changed)
    assert snapshot() == before


def test_the_system_approves_what_a_customer_has_paid(in_acme: Tenant, rex: Pet, alice: User) -> None:
    order = OrderFactory.create(pet=rex, customer=alice)
    pay(order, actor=acting(alice))
    step = OrderTransition.objects.get(order=order, to_status=Status.APPROVED)
    assert (step.by, step.reason) == ("system", "Paid.")


def test_a_declined_card_leaves_the_order_placed(in_acme: Tenant, order: Order) -> None:
    payment = pay(order, DECLINED_CARD)
    assert (payment.status, payment.failure_code) == (Payment.Status.FAILED, "card_declined")
    assert (stored(order).status, stored(order).version, charged()) == (Status.PLACED, 1, 0)
    (told,) = _told("PAYMENT_FAILED")
    assert (told["payment"]["status"], told["order"]["status"], "receipt" in told) == ("FAILED", "PLACED", False)


def test_a_new_try_after_a_declined_card_is_a_new_payment(order: Order) -> None:
    first, second = pay(order, DECLINED_CARD), pay(order)
    assert first.id != second.id
    assert [payment.status for payment in payments_of(order)] == ["FAILED", "SUCCEEDED"]
    assert (stored(order).status, charged()) == (Status.APPROVED, 1)


def test_a_gateway_that_refuses_to_work_fails_the_payment(order: Order) -> None:
    payment = pay(order, FAILING_CARD)
    assert (payment.status, payment.failure_code) == (Payment.Status.FAILED, "gateway_error")
    assert (stored(order).status, charged()) == (Status.PLACED, 0)


def test_a_gateway_that_does_not_answer_leaves_the_payment_processing(in_acme: Tenant, order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    assert payment.status == stored(payment).status == Payment.Status.PROCESSING
    assert stored(order).status == Status.PLACED
    assert payment.due_at is not None
    assert not AuditEvent.objects.filter(entity_type="PAYMENTS").exists()


def test_a_bank_that_takes_its_time_leaves_the_payment_pending(order: Order, use: Use) -> None:
    use(Slow())
    payment = pay(order)
    assert (payment.status, stored(order).status) == (Payment.Status.PENDING, Status.PLACED)
    assert (payment.reference, payment.due_at is None) == (f"slow_{payment.id}", False)


def test_while_a_payment_is_under_way_there_is_no_other(order: Order) -> None:
    pay(order, SILENT_CARD)
    before = snapshot()
    with pytest.raises(PaymentUnderWay):
        pay(order)
    assert snapshot() == before


class Listening(Unlucky):
    """A gateway that minds no transaction, as one over the network."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    def charge_source(self, **call: Any) -> Charge:
        self.keys.append(call["key"])
        return Charge(Outcome.SUCCEEDED, "ref-1")


@pytest.mark.parametrize("payment_id", [None, new_id()], ids=["without a key", "with one"])
def test_nobody_pays_in_a_transaction_that_may_be_undone(order: Order, use: Use, payment_id: UUID | None) -> None:
    """What survives a crash is the intent, committed before the gateway is called (guarantees, G2)."""
    gateway, before = Listening(), snapshot()
    use(gateway)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        pay(order, payment_id=payment_id)
    assert snapshot() == before
    assert gateway.keys == []


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PLACED])
def test_only_a_placed_order_can_be_paid(acme: Tenant, status: Status) -> None:
    order = order_in(status, tenant=acme)
    _refused(OrderNotPayable, order)


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"amount": Decimal("150.01")}, ["amount"]),
        ({"amount": Decimal(0)}, ["amount"]),
        ({"currency": "EUR"}, ["currency"]),
        ({"amount": Decimal("1.00"), "currency": "CAD"}, ["amount", "currency"]),
    ],
)
def test_another_sum_than_the_orders_is_refused(order: Order, changed: dict[str, Any], fields: list[str]) -> None:
    refusal = _refused(Invalid, order, **changed)
    assert [fault.field for fault in refusal.faults] == fields


def test_a_currency_that_no_gateway_takes_is_refused(acme: Tenant) -> None:
    order = OrderFactory.create(pet=PetFactory.create(tenant=acme, currency="JPY"))
    assert [fault.code for fault in _refused(Invalid, order).faults] == ["unsupported_currency"]


@pytest.mark.parametrize(("who", "refusal"), [("stranger", NotYourOrder), ("anonymous", LoginRequired)])
def test_nobody_else_pays_a_customers_order(
    rex: Pet, alice: User, bob: User, who: str, refusal: type[DomainError]
) -> None:
    order = OrderFactory.create(pet=rex, customer=alice)
    _refused(refusal, order, actor=acting(bob) if who == "stranger" else ANONYMOUS)


def test_an_order_of_another_tenant_is_not_found(in_acme: Tenant, mia: Pet) -> None:
    order = OrderFactory.create(pet=mia)
    before = snapshot()
    with pytest.raises(OrderNotFound):
        pay_order(
            order_id=order.id,
            amount=order.total_amount,
            currency=order.currency,
            source=parsed(card()),
            actor=SYSTEM,
        )
    assert snapshot() == before


def test_whoever_knows_an_anonymous_order_may_pay_it(order: Order) -> None:
    assert pay(order, actor=ANONYMOUS).status == Payment.Status.SUCCEEDED


def test_a_payment_that_is_settled_is_found_by_its_id_and_charged_no_more(order: Order) -> None:
    first = pay(order, payment_id=new_id())
    before = snapshot()
    second = pay(order, payment_id=first.id)
    assert (second.id, second.status, charged()) == (first.id, Payment.Status.SUCCEEDED, 1)
    assert snapshot() == before


def test_a_payment_without_an_answer_is_taken_up_under_its_id(order: Order) -> None:
    first = pay(order, SILENT_CARD, payment_id=new_id())
    second = pay(order, SILENT_CARD, payment_id=first.id)
    assert (second.id, second.status, charged()) == (first.id, Payment.Status.SUCCEEDED, 1)
    assert stored(order).status == Status.APPROVED


def test_an_id_that_is_taken_by_another_orders_payment_is_refused(acme: Tenant, order: Order) -> None:
    first = pay(order)
    another = OrderFactory.create(pet=PetFactory.create(tenant=acme))
    _refused(PaymentUnderWay, another, payment_id=first.id)


def test_a_payment_through_another_gateway_is_not_charged_anew(in_acme: Tenant, order: Order) -> None:
    first = pay(order, SILENT_CARD, payment_id=new_id())
    Payment.objects.filter(pk=first.id).update(gateway="stripe")
    assert pay(order, payment_id=first.id).status == Payment.Status.PROCESSING
    assert charged() == 1


def test_a_customer_pays_an_anonymous_order(order: Order, bob: User) -> None:
    assert pay(order, actor=acting(bob)).status == Payment.Status.SUCCEEDED


def test_staff_without_the_permission_pay_no_order(order: Order, sam: User) -> None:
    _refused(Forbidden, order, actor=replace(acting(sam), permissions=frozenset()))


def test_a_refusal_at_the_second_try_says_nothing_of_the_first(order: Order, use: Use) -> None:
    use(Unlucky(after=[raises(GatewayTimeout())]))
    first = pay(order, payment_id=new_id())
    use(Unlucky(before=[raises(GatewayError())]))
    second = pay(order, payment_id=first.id)
    assert (second.status, charged()) == (Payment.Status.PROCESSING, 1)


def _refused(refusal: type[DomainError], order: Order, **changed: Any) -> DomainError:
    before = snapshot()
    with pytest.raises(refusal) as caught:
        pay(order, **changed)
    assert snapshot() == before
    return caught.value
