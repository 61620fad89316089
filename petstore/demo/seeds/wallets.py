"""Payment sources of the demo store's customers: numbers that card networks and banks publish for tests."""

from datetime import datetime
from random import Random

from payments.bank_accounts import BANKS, AccountType, BankAccount
from payments.billing_address import BillingAddress
from payments.cards import Brand, Card
from payments.gateways.sandbox import DECLINED_ACCOUNT, DECLINED_CARD, FAILING_CARD
from payments.secret import Secret
from payments.sources import Source

CARDS: dict[Brand, tuple[str, ...]] = {
    Brand.VISA: ("4242424242424242", "4111111111111111", "4000056655665556"),
    Brand.MASTERCARD: ("5555555555554444", "2223003122003222", "5200828282828210", "5105105105105100"),
    Brand.AMEX: ("378282246310005", "371449635398431"),
    Brand.DISCOVER: ("6011111111111117", "6011000990139424"),
    Brand.DINERS: ("3056930009020004", "36227206271667"),
    Brand.JCB: ("3566002020360505",),
    Brand.UNIONPAY: ("6200000000000005",),
}
SHARES = (44, 26, 12, 8, 4, 3, 3)
"""Of the brands, in percent."""
BANK_ACCOUNT_SHARE = 0.15
YEARS_TO_COME = 4

ADDRESSES = (
    BillingAddress(line1="12 Harbour Street", city="Portland", postal_code="04101", country="US", state="ME"),
    BillingAddress(line1="480 Alder Avenue", city="Eugene", postal_code="97401", country="US", state="OR"),
    BillingAddress(line1="7 Prairie Road", city="Omaha", postal_code="68102", country="US", state="NE"),
    BillingAddress(line1="33 Linden Court", city="Madison", postal_code="53703", country="US", state="WI"),
    BillingAddress(line1="901 Mission Lane", city="Santa Fe", postal_code="87501", country="US", state="NM"),
    BillingAddress(line1="5 Maple Crescent", city="Halifax", postal_code="B3H 1A1", country="CA", state="NS"),
)


def choose_payment_sources(name: str, rng: Random, *, now: datetime) -> tuple[Source, ...]:
    """Choose one or two sources of this person that the sandbox charges."""
    return tuple(_choose_payment_source(name, rng, now) for _ in range(rng.choice((1, 1, 2))))


def choose_refused_sources(name: str, rng: Random, *, now: datetime) -> tuple[Source, ...]:
    """Choose sources of this person that the sandbox refuses."""
    cards = (_build_card(name, number, Brand.VISA, rng, now) for number in (DECLINED_CARD, FAILING_CARD))
    return (*cards, _build_bank_account(name, DECLINED_ACCOUNT, rng))


def _choose_payment_source(name: str, rng: Random, now: datetime) -> Source:
    if rng.random() < BANK_ACCOUNT_SHARE:
        return _build_bank_account(name, f"{rng.randrange(10**9, 10**10)}", rng)
    brand = rng.choices(tuple(CARDS), SHARES)[0]
    return _build_card(name, rng.choice(CARDS[brand]), brand, rng, now)


def _build_card(name: str, number: str, brand: Brand, rng: Random, now: datetime) -> Card:
    return Card(
        name=name,
        number=Secret(number),
        cvc=Secret("0000" if brand is Brand.AMEX else "000"),
        exp_month=rng.randint(1, 12),
        exp_year=now.year + rng.randint(1, YEARS_TO_COME),
        brand=brand,
        billing_address=rng.choice(ADDRESSES),
    )


def _build_bank_account(name: str, number: str, rng: Random) -> BankAccount:
    return BankAccount(
        account_holder_name=name,
        account_number=Secret(number),
        routing_number=rng.choice(tuple(BANKS)),
        account_type=rng.choice(tuple(AccountType)),
    )
