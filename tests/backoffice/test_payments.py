"""Money in the back office: seen masked, and given back by cancelling the order."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order
from orders.receipt_links import build_receipt_url
from orders.states import Command, Status
from payments.errors import GatewayTimeout
from payments.gateways.port import Outcome, Refund
from payments.gateways.sandbox import DECLINED_CARD, SUCCEEDING_CARD
from payments.models import Payment
from payments.services.order_transitions import cancel_order, transition_order
from payments.sources import without_payer
from petstore.interfaces.backoffice.payments import source_in_words
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, buttons_on, messages_on, reload_row, rows_on, text_of
from tests.factories import OrderFactory, PetFactory
from tests.payments.conftest import Use, use
from tests.payments.paying import Unlucky, pay, raises, refunded
from tests.payments.sources import bank_account, card, parsed
from tests.snapshots import snapshot

__all__ = ["use"]


def press_refund(screen: Screen, payment: Payment, **values: object) -> Page:
    return press_payment_button(screen, payment, "refund", **{"reason": "It bites"} | values)


def press_payment_button(screen: Screen, payment: Payment, command: str, **values: object) -> Page:
    """Press a button of the payment's page as that is now."""
    return screen.fill(
        "payments_payment_command", payment.pk, command, **{"version": reload_row(payment).version} | values
    )


def ship_order(order: Order) -> Order:
    with tenant_scope(order.tenant_id):
        return transition_order(order_id=order.pk, command=Command.SHIP, actor=SYSTEM)


@pytest.fixture
def owed(payment: Payment, order: Order, use: Use) -> Payment:
    """Of an order that is cancelled while the gateway says nothing."""
    use(Unlucky(before=[raises(GatewayTimeout())]))
    with tenant_scope(order.tenant_id):
        cancel_order(order_id=order.pk, actor=SYSTEM)
    return payment


def test_an_orders_page_tells_of_its_payments_with_masked_sources(order: Order, sams: Screen) -> None:
    declined, paid = pay(order, DECLINED_CARD), pay(order)
    page = text_of(sams.open("orders_order_change", order.pk))
    for text in ("VISA ************0002", "VISA ************4242", "card_declined", "150.00 USD"):
        assert text in page
    for payment in (declined, paid):
        assert reverse("admin:payments_payment_change", args=(payment.pk,)) in page
    assert {*rows_on(sams.open("payments_payment_changelist", q=str(order.pk)))} == {declined, paid}


def test_a_card_number_is_on_no_page(payment: Payment, order: Order, roots: Screen) -> None:
    pages = [
        roots.open("payments_payment_changelist"),
        roots.open("payments_payment_change", payment.pk),
        roots.open("payments_payment_receipt", payment.pk),
        roots.open("payments_payment_command", payment.pk, "refund"),
        roots.open("orders_order_change", order.pk),
        *(
            roots.open("events_auditevent_change", entry.pk)
            for entry in rows_on(roots.open("events_auditevent_changelist"))
        ),
    ]
    assert all("4242" in text_of(page) for page in pages[:5])
    assert not any(SUCCEEDING_CARD in text_of(page) for page in pages)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (card(), "VISA ************4242, until 12/2030, Ada Lovelace"),
        (bank_account(), "JPMorgan Chase ************6789, Ada Lovelace"),
    ],
)
def test_a_source_is_told_in_words_and_without_the_payer_once_they_are_forgotten(
    data: dict[str, Any], words: str
) -> None:
    shown = parsed(data).to_public()
    assert source_in_words(shown) == words
    assert source_in_words(without_payer(shown)) == words.removesuffix(", Ada Lovelace")


def test_an_orders_page_shows_the_pet(acme: Tenant, sams: Screen) -> None:
    picture = "https://pictures.example/luna.jpg"
    order = OrderFactory.create(pet=PetFactory.create(tenant=acme, photos=(picture,)))
    assert f'src="{picture}"' in text_of(sams.open("orders_order_change", order.pk))


def test_an_orders_journal_tells_of_its_money(payment: Payment, order: Order, sams: Screen) -> None:
    actions = [entry.action for entry, _ in sams.open("orders_order_change", order.pk).context["journal"]]
    assert sorted(actions) == ["ORDER_CREATED", "ORDER_STATUS_CHANGED", "PAYMENT_SUCCEEDED"]


def test_staff_give_the_money_back_with_a_reason(payment: Payment, order: Order, sams: Screen) -> None:
    page = press_refund(sams, payment)
    assert messages_on(page) == ["1 payment refunded."]
    assert (reload_row(payment).status, reload_row(order).status) == ("REFUNDED", Status.CANCELLED)
    assert refunded(order) == 1
    assert "It bites" in text_of(sams.open("orders_order_change", order.pk))


def test_a_refund_is_asked_for_once_more_and_wants_a_reason(payment: Payment, sams: Screen) -> None:
    before = snapshot()
    assert 'name="reason"' in text_of(sams.open("payments_payment_command", payment.pk, "refund"))
    assert "This field is required." in text_of(press_refund(sams, payment, reason=""))
    assert snapshot() == before


def test_from_the_orders_page_one_comes_back_to_it(payment: Payment, order: Order, sams: Screen) -> None:
    place = reverse("admin:orders_order_change", args=(order.pk,))
    assert f"?back={place}" in text_of(sams.open("orders_order_change", order.pk))
    asked = sams.open("payments_payment_command", payment.pk, "refund", back=place)
    assert f'name="back" value="{place}"' in text_of(asked)
    assert press_refund(sams, payment, back=place).redirect_chain == [(place, 302)]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/v1/docs"])
def test_nobody_is_led_out_of_the_back_office(payment: Payment, sams: Screen, back: str) -> None:
    asked = sams.open("payments_payment_command", payment.pk, "refund", back=back)
    assert back not in text_of(asked)
    page = press_refund(sams, payment, back=back)
    assert page.redirect_chain == [(reverse("admin:payments_payment_change", args=(payment.pk,)), 302)]


def test_what_did_not_go_through_cannot_be_refunded(order: Order, sams: Screen) -> None:
    declined, before = pay(order, DECLINED_CARD), snapshot()
    assert "/command/refund/" not in text_of(sams.open("payments_payment_change", declined.pk))
    assert messages_on(press_refund(sams, declined)) == [f"{declined.pk}: This payment cannot be refunded"]
    assert snapshot() == before


def test_what_is_refunded_is_not_refunded_again(payment: Payment, order: Order, sams: Screen) -> None:
    press_refund(sams, payment)
    before = snapshot()
    assert buttons_on(sams.open("orders_order_change", order.pk)) == []
    assert messages_on(press_refund(sams, payment)) == [f"{payment.pk}: This payment cannot be refunded"]
    assert snapshot() == before


def test_the_money_of_a_shipped_order_is_given_back_by_an_admin_only(
    payment: Payment, order: Order, sams: Screen, roots: Screen
) -> None:
    ship_order(order)
    before = snapshot()
    assert "/command/refund/" not in text_of(sams.open("orders_order_change", order.pk))
    assert len(messages_on(press_refund(sams, payment))) == 1
    assert snapshot() == before
    assert "/command/refund/" in text_of(roots.open("orders_order_change", order.pk))
    assert messages_on(press_refund(roots, payment)) == ["1 payment refunded."]


def test_a_gateway_that_does_not_answer_is_told_as_it_is(payment: Payment, sams: Screen, use: Use) -> None:
    use(Unlucky(before=[raises(GatewayTimeout())]))
    (message,) = messages_on(press_refund(sams, payment))
    assert "the gateway has not confirmed the refund yet" in message
    assert "Under way" in text_of(sams.open("payments_payment_change", payment.pk))
    assert "Refund under way" in text_of(sams.open("orders_order_change", payment.order_id))


def test_refunds_are_filtered_by_what_became_of_them(owed: Payment, order: Order, sams: Screen) -> None:
    pay(OrderFactory.create(tenant=order.tenant))
    assert rows_on(sams.open("payments_payment_changelist", refund="owed")) == [owed]
    assert rows_on(sams.open("payments_payment_changelist", refund="refused")) == []
    with tenant_scope(owed.tenant_id):
        Payment.objects.filter(pk=owed.pk).update(due_at=None)
    assert rows_on(sams.open("payments_payment_changelist", refund="refused")) == [owed]
    assert "by other means" in text_of(sams.open("payments_payment_change", owed.pk))


class Refusing(Unlucky):
    """A gateway that refuses refunds for good."""

    def refund_charge(self, **_call: Any) -> Refund:
        return Refund(Outcome.DECLINED, code="charge_disputed")


@pytest.fixture
def refused(payment: Payment, sams: Screen, use: Use) -> Payment:
    """Its refund is refused for good; by now the gateway has changed its mind."""
    use(Refusing())
    press_refund(sams, payment)
    use(Unlucky())
    return payment


def test_a_refund_that_was_refused_is_asked_for_again(refused: Payment, sams: Screen) -> None:
    page = text_of(sams.open("payments_payment_change", refused.pk))
    assert "/command/refund_again/" in page
    assert "/command/refund/" not in page
    assert messages_on(press_payment_button(sams, refused, "refund_again")) == ["1 payment refunded."]
    assert reload_row(refused).status == "REFUNDED"


def test_refused_again_it_says_so(refused: Payment, sams: Screen, use: Use) -> None:
    use(Refusing())
    (message,) = messages_on(press_payment_button(sams, refused, "refund_again"))
    assert "the gateway refuses" in message
    assert "Refund refused" in text_of(sams.open("payments_payment_changelist"))


def test_what_went_back_by_other_means_is_noted_and_told_on_the_orders_page(refused: Payment, sams: Screen) -> None:
    assert "This field is required." in text_of(press_payment_button(sams, refused, "note_refund", reason=""))
    page = press_payment_button(sams, refused, "note_refund", reason="Transfer 4711")
    assert messages_on(page) == ["1 payment recorded as refunded."]
    assert "Refunded by other means" in text_of(sams.open("payments_payment_change", refused.pk))
    assert "Refund Refused" in text_of(sams.open("orders_order_change", refused.order_id))
    entry = rows_on(sams.open("events_auditevent_changelist", q=str(refused.pk)))[0]
    assert "Transfer 4711" in text_of(sams.open("events_auditevent_change", entry.pk))
    assert "/command/note_refund/" not in text_of(sams.open("payments_payment_change", refused.pk))


def test_a_page_that_is_old_refunds_nothing(payment: Payment, sams: Screen) -> None:
    before = snapshot()
    assert len(messages_on(press_refund(sams, payment, version=1))) == 1
    assert snapshot() == before


def test_payments_are_found_by_id_order_customer_and_reference(
    payment: Payment, acme: Tenant, alice: User, sams: Screen
) -> None:
    pay(OrderFactory.create(pet=PetFactory.create(tenant=acme, name="Bella")))
    for term in (payment.pk, payment.order_id, alice.username, "Rex", payment.reference):
        assert rows_on(sams.open("payments_payment_changelist", q=str(term))) == [payment]


def test_payments_are_filtered_by_status(payment: Payment, sams: Screen) -> None:
    assert rows_on(sams.open("payments_payment_changelist", status__exact="SUCCEEDED")) == [payment]
    assert rows_on(sams.open("payments_payment_changelist", status__exact="FAILED")) == []


def test_a_receipt_is_a_page_of_the_back_office(payment: Payment, sams: Screen) -> None:
    link = reverse("admin:payments_payment_receipt", args=(payment.pk,))
    assert link in text_of(sams.open("payments_payment_change", payment.pk))
    receipt = text_of(sams.get(link))
    assert "Acme" in receipt
    assert build_receipt_url(payment.tenant_id, payment.pk, site="http://testserver") in receipt


def test_there_is_no_receipt_of_what_was_not_paid(order: Order, sams: Screen) -> None:
    declined = pay(order, DECLINED_CARD)
    assert sams.open("payments_payment_receipt", declined.pk).status_code == 404
    assert "/receipt/" not in text_of(sams.open("payments_payment_change", declined.pk))


def test_payments_can_be_neither_added_nor_edited_nor_deleted(payment: Payment, roots: Screen) -> None:
    before = snapshot()
    assert roots.fill("payments_payment_change", payment.pk, status="FAILED", amount="1").status_code == 403
    assert roots.fill("payments_payment_delete", payment.pk, post="yes").status_code == 403
    assert roots.fill("payments_payment_add", amount="1").status_code == 403
    roots.tick([payment], "refund", confirmed="yes", reason="In bulk")
    assert snapshot() == before
