"""The embedded gateway: what its numbers do, that a key is charged once, and that its books know no card."""

from decimal import Decimal

import pytest

from payments.errors import GatewayError, GatewayTimeout
from payments.gateways.port import Charge, Gateway, Outcome, Refund
from payments.gateways.sandbox import (
    DECLINED_ACCOUNT,
    DECLINED_CARD,
    FAILING_CARD,
    SILENT_CARD,
    SUCCEEDING_ACCOUNT,
    SUCCEEDING_CARD,
    Entry,
    MemoryLedger,
    SandboxGateway,
)
from payments.sources import Source
from tests.payments.sources import AMEX, bank_account, card, parsed

PRICE = Decimal("150.00")


class BlindLedger(MemoryLedger):
    """Books in which everybody looks before anybody has written."""

    def find(self, key: str) -> Entry | None:
        return None


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def gateway(ledger: MemoryLedger) -> SandboxGateway:
    return SandboxGateway(ledger)


def pay(gateway: Gateway, source: Source, key: str = "one") -> Charge:
    return gateway.charge_source(key=key, amount=PRICE, currency="USD", source=source)


def give_back(gateway: Gateway, reference: str, amount: Decimal = PRICE, currency: str = "USD") -> Refund:
    return gateway.refund_charge(key="back", reference=reference, amount=amount, currency=currency)


@pytest.mark.parametrize(
    "source",
    [card(number=SUCCEEDING_CARD), card(number=AMEX, cvc="7373"), bank_account(accountNumber=SUCCEEDING_ACCOUNT)],
    ids=["the good card", "another card", "a bank account"],
)
def test_a_good_source_is_charged_and_found_again(
    source: dict[str, str], gateway: SandboxGateway, ledger: MemoryLedger
) -> None:
    charge = pay(gateway, parsed(source))
    assert charge == gateway.find_charge(key="one") == Charge(Outcome.SUCCEEDED, "sandbox_one")
    assert [(entry.amount, entry.currency) for entry in ledger.list_entries()] == [(PRICE, "USD")]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (card(number=DECLINED_CARD), "card_declined"),
        (bank_account(accountNumber=DECLINED_ACCOUNT), "insufficient_funds"),
    ],
)
def test_a_declined_source_says_why_and_cannot_be_refunded(
    source: dict[str, str], code: str, gateway: SandboxGateway
) -> None:
    charge = pay(gateway, parsed(source))
    assert charge == gateway.find_charge(key="one") == Charge(Outcome.DECLINED, "sandbox_one", code)
    with pytest.raises(GatewayError):
        give_back(gateway, charge.reference)


def test_the_failing_card_is_not_charged(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    with pytest.raises(GatewayError):
        pay(gateway, parsed(card(number=FAILING_CARD)))
    assert gateway.find_charge(key="one") is None
    assert ledger.list_entries() == ()


def test_the_silent_card_is_charged_though_no_answer_comes(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    with pytest.raises(GatewayTimeout):
        pay(gateway, parsed(card(number=SILENT_CARD)))
    in_another_process = SandboxGateway(ledger)
    assert in_another_process.find_charge(key="one") == Charge(Outcome.SUCCEEDED, "sandbox_one")


def test_the_same_key_is_charged_once(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    assert pay(gateway, parsed(card())) == pay(gateway, parsed(card()))
    assert len(ledger.list_entries()) == 1


def test_the_same_key_is_charged_once_by_two_who_did_not_see_each_other() -> None:
    ledger = BlindLedger()
    declined = pay(SandboxGateway(ledger), parsed(card(number=DECLINED_CARD)))
    assert pay(SandboxGateway(ledger), parsed(card())) == declined
    assert len(ledger.list_entries()) == 1


def test_other_keys_are_other_charges(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    pay(gateway, parsed(card()), "one")
    pay(gateway, parsed(card()), "two")
    assert [entry.key for entry in ledger.list_entries()] == ["one", "two"]


def test_a_key_answers_as_it_did_whatever_the_source(gateway: SandboxGateway) -> None:
    declined = pay(gateway, parsed(card(number=DECLINED_CARD)))
    assert pay(gateway, parsed(card())) == declined


def test_a_charge_is_refunded_once_a_key(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    charge = pay(gateway, parsed(card()))
    assert gateway.find_refund(key="back", reference=charge.reference) is None
    refund = give_back(gateway, charge.reference)
    assert refund == give_back(gateway, charge.reference) == Refund(Outcome.SUCCEEDED, "sandbox_back")
    assert gateway.find_refund(key="back", reference=charge.reference) == refund
    assert [entry.kind for entry in ledger.list_entries()] == ["CHARGE", "REFUND"]


@pytest.mark.parametrize(
    ("reference", "amount", "currency"),
    [("sandbox_two", PRICE, "USD"), ("sandbox_one", PRICE + 1, "USD"), ("sandbox_one", PRICE, "EUR")],
)
def test_only_what_was_charged_is_refunded(
    reference: str, amount: Decimal, currency: str, gateway: SandboxGateway, ledger: MemoryLedger
) -> None:
    pay(gateway, parsed(card()))
    with pytest.raises(GatewayError):
        give_back(gateway, reference, amount, currency)
    assert [entry.kind for entry in ledger.list_entries()] == ["CHARGE"]


def test_the_books_hold_no_number(gateway: SandboxGateway, ledger: MemoryLedger) -> None:
    pay(gateway, parsed(card()), "one")
    pay(gateway, parsed(bank_account()), "two")
    assert len(ledger.list_entries()) == 2
    assert not any(number in repr(ledger.list_entries()) for number in (SUCCEEDING_CARD, SUCCEEDING_ACCOUNT))
