"""The Stripe gateway: its real library against a fake of the service on this host."""

import logging
import traceback
from collections.abc import Iterator
from decimal import Decimal

import pytest

from payments.errors import GatewayError, GatewayTimeout
from payments.gateways.port import Charge, Outcome, Refund
from payments.gateways.stripe import API_VERSION, MAX_LISTED_INTENTS, SOURCE_NOT_SUPPORTED, StripeGateway
from tests.payments import fake_stripe
from tests.payments.fake_stripe import Books, Fault
from tests.payments.sources import ADDRESS, VISA, bank_account, card, parsed

INTENTS, METHODS, REFUNDS = "/v1/payment_intents", "/v1/payment_methods", "/v1/refunds"


@pytest.fixture
def books() -> Iterator[Books]:
    with fake_stripe.fake_stripe() as books:
        yield books


@pytest.fixture
def gateway(books: Books) -> Iterator[StripeGateway]:
    yield from opened(books)


@pytest.fixture
def single(books: Books) -> Iterator[StripeGateway]:
    """A gateway that asks once."""
    yield from opened(books, retries=0)


def opened(
    books: Books, *, timeout: float = 10, retries: int = 1, key: str = fake_stripe.API_KEY
) -> Iterator[StripeGateway]:
    gateway = StripeGateway(api_key=key, api_base=books.url, timeout=timeout, retries=retries)
    yield gateway
    gateway.close_connection()


def pay(gateway: StripeGateway, amount: str = "150.00", key: str = "one", number: str = VISA) -> Charge:
    source = parsed(card(number=number, billingAddress=ADDRESS))
    return gateway.charge_source(key=key, amount=Decimal(amount), currency="USD", source=source)


def give_back(gateway: StripeGateway, reference: str, key: str = "back") -> Refund:
    return gateway.refund_charge(key=key, reference=reference, amount=Decimal("150.00"), currency="USD")


def test_a_card_is_charged_in_cents_with_its_address_and_key(gateway: StripeGateway, books: Books) -> None:
    assert pay(gateway) == Charge(Outcome.SUCCEEDED, "pi_0")
    (_, _, method), (_, _, intent) = books.seen
    assert method["card"] == {"number": VISA, "cvc": "737", "exp_month": "12", "exp_year": "2030"}
    assert method["billing_details"]["address"]["postal_code"] == "62701"
    assert (intent["amount"], intent["currency"], intent["metadata"]) == ("15000", "usd", {"petstore_key": "one"})


@pytest.mark.parametrize(("amount", "cents"), [("0.50", 50), ("19.99", 1999), ("9999999.90", 999999990)])
def test_an_amount_is_exact_in_cents(amount: str, cents: int, gateway: StripeGateway, books: Books) -> None:
    pay(gateway, amount)
    assert books.charged == [cents]


def test_the_same_key_is_charged_once(gateway: StripeGateway, books: Books) -> None:
    assert pay(gateway) == pay(gateway)
    assert pay(gateway, key="two") == Charge(Outcome.SUCCEEDED, "pi_1")
    assert books.charged == [15000, 15000]


@pytest.mark.parametrize(
    ("number", "charge"),
    [
        (fake_stripe.DECLINED, Charge(Outcome.DECLINED, "pi_0", "card_declined")),
        (fake_stripe.UNCERTAIN_BANK, Charge(Outcome.DECLINED, "pi_0", "authentication_required")),
        (fake_stripe.SLOW_BANK, Charge(Outcome.PENDING, "pi_0")),
    ],
)
def test_what_a_bank_says_is_said_again_when_asked(
    number: str, charge: Charge, gateway: StripeGateway, books: Books
) -> None:
    assert pay(gateway, number=number) == charge
    assert gateway.find_charge(key="one") == charge
    assert books.charged == []


def test_a_card_that_stripe_does_not_even_take_is_declined(gateway: StripeGateway, books: Books) -> None:
    books.methods_refused.add(VISA)
    assert pay(gateway) == Charge(Outcome.DECLINED, code="incorrect_number")
    assert gateway.find_charge(key="one") is None


def test_a_bank_account_is_declined_without_a_word_to_stripe(gateway: StripeGateway, books: Books) -> None:
    source = parsed(bank_account())
    charge = gateway.charge_source(key="one", amount=Decimal(1), currency="USD", source=source)
    assert charge == Charge(Outcome.DECLINED, code=SOURCE_NOT_SUPPORTED)
    assert books.seen == []


def test_a_connection_lost_once_is_healed_by_the_key(gateway: StripeGateway, books: Books) -> None:
    books.fail(METHODS, Fault.LOST_REQUEST)
    books.fail(INTENTS, Fault.LOST_ANSWER)
    assert pay(gateway) == Charge(Outcome.SUCCEEDED, "pi_0")
    assert books.charged == [15000]


@pytest.mark.parametrize("indexed", [True, False])
def test_a_charge_whose_answer_is_lost_is_in_doubt_and_found(
    indexed: bool, single: StripeGateway, books: Books
) -> None:
    books.fail(INTENTS, Fault.LOST_ANSWER)
    books.indexed = indexed
    with pytest.raises(GatewayTimeout):
        pay(single)
    assert single.find_charge(key="one") == Charge(Outcome.SUCCEEDED, "pi_0")
    assert books.charged == [15000]


def test_a_charge_whose_answer_does_not_come_in_time_is_in_doubt_and_found(books: Books) -> None:
    books.fail(INTENTS, Fault.SLOW)
    for impatient in opened(books, timeout=1, retries=0):
        with pytest.raises(GatewayTimeout):
            pay(impatient)
        assert impatient.find_charge(key="one") == Charge(Outcome.SUCCEEDED, "pi_0")
    assert books.charged == [15000]


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.SERVER_ERROR, Fault.BUSY_KEY, Fault.RATE_LIMIT])
def test_a_charge_that_may_have_failed_is_in_doubt_and_not_found(
    fault: Fault, single: StripeGateway, books: Books
) -> None:
    books.fail(INTENTS, fault)
    with pytest.raises(GatewayTimeout):
        pay(single)
    assert single.find_charge(key="one") is None
    assert books.charged == []


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER, Fault.SERVER_ERROR, Fault.RATE_LIMIT])
def test_nothing_is_charged_before_the_card_has_arrived(fault: Fault, single: StripeGateway, books: Books) -> None:
    books.fail(METHODS, fault)
    with pytest.raises(GatewayError):
        pay(single)
    assert books.intents == {}


def test_another_card_under_a_used_key_is_in_doubt_and_not_charged(gateway: StripeGateway, books: Books) -> None:
    pay(gateway)
    with pytest.raises(GatewayTimeout):
        pay(gateway, number="5555555555554444")
    assert books.charged == [15000]


def test_a_charge_that_the_search_does_not_know_yet_is_looked_for_page_by_page(
    gateway: StripeGateway, books: Books
) -> None:
    books.indexed = False
    pay(gateway)
    books.crowd(150)
    assert gateway.find_charge(key="one") == Charge(Outcome.SUCCEEDED, "pi_0")
    assert gateway.find_charge(key="two") is None


def test_among_too_many_charges_nobody_can_tell_yet(gateway: StripeGateway, books: Books) -> None:
    books.indexed = False
    pay(gateway)
    books.crowd(MAX_LISTED_INTENTS)
    with pytest.raises(GatewayTimeout):
        gateway.find_charge(key="one")


def test_a_charge_is_refunded_once_a_key_and_found(gateway: StripeGateway, books: Books) -> None:
    charge = pay(gateway)
    assert gateway.find_refund(key="back", reference=charge.reference) is None
    refund = give_back(gateway, charge.reference)
    assert refund == give_back(gateway, charge.reference) == Refund(Outcome.SUCCEEDED, "re_0")
    assert gateway.find_refund(key="back", reference=charge.reference) == refund
    assert books.returned == [15000]


def test_a_refund_whose_answer_is_lost_is_in_doubt_and_found(single: StripeGateway, books: Books) -> None:
    charge = pay(single)
    books.fail(REFUNDS, Fault.LOST_ANSWER)
    with pytest.raises(GatewayTimeout):
        give_back(single, charge.reference)
    assert single.find_refund(key="back", reference=charge.reference) == Refund(Outcome.SUCCEEDED, "re_0")


def test_a_second_refund_of_a_charge_is_declined(gateway: StripeGateway, books: Books) -> None:
    charge = pay(gateway)
    give_back(gateway, charge.reference)
    second = give_back(gateway, charge.reference, key="again")
    assert second == Refund(Outcome.DECLINED, code="charge_already_refunded")
    assert books.returned == [15000]


def test_what_was_never_charged_is_not_refunded(gateway: StripeGateway, books: Books) -> None:
    with pytest.raises(GatewayError):
        give_back(gateway, "pi_9")
    assert books.returned == []


def test_a_wrong_key_charges_nothing_and_finds_nothing_out(books: Books) -> None:
    for gateway in opened(books, key="sk_wrong"):
        with pytest.raises(GatewayError):
            pay(gateway)
        with pytest.raises(GatewayTimeout):
            gateway.find_charge(key="one")
        with pytest.raises(GatewayTimeout):
            gateway.find_refund(key="back", reference="pi_0")
    assert books.intents == {}


def test_an_error_carries_nothing_of_what_stripe_said(
    gateway: StripeGateway, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(GatewayError) as refused:
        pay(gateway, "0.49")
    error = refused.value
    assert (error.__context__, error.__cause__, books.intents) == (None, None, {})
    told = "".join(traceback.format_exception(error)) + caplog.text
    assert "Stripe said InvalidRequestError (code amount_too_small, request req_1)." in caplog.text
    assert not any(secret in told for secret in (VISA, fake_stripe.API_KEY, "Amount must be"))


def test_the_library_logs_no_card_though_everything_is_logged(
    gateway: StripeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        pay(gateway)
        pay(gateway, key="two", number=fake_stripe.DECLINED)
    assert "Stripe said" not in caplog.text
    assert not any(secret in caplog.text for secret in (VISA, "cvc", fake_stripe.DECLINED))


def test_stripe_is_spoken_to_in_one_version_and_told_nothing_else(gateway: StripeGateway, books: Books) -> None:
    pay(gateway)
    give_back(gateway, "pi_0")
    assert (books.versions, set(books.telemetry)) == ({API_VERSION}, {""})
