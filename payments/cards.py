"""Payment cards: validation, and the masked form that is stored and shown (contract, Payments; guarantees, G7)."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from stdnum import luhn

from payments.billing_address import BillingAddress, read_billing_address
from payments.field_reader import FieldReader
from payments.secret import MASK, Secret

OBJECT: Final = "card"
MAX_NAME: Final = 100
NUMBER_PATTERN: Final = "[0-9]{13,19}"
CVC_PATTERN: Final = "[0-9]{3,4}"
MIN_YEAR: Final = 2000
MAX_YEAR: Final = 2199
READ_ONLY_FIELDS: Final = ("brand", "last4")
"""Fields of `Card.to_public` that a caller may send back; they are passed over."""


class Brand(StrEnum):
    """The card network."""

    VISA = "VISA"
    MASTERCARD = "MASTERCARD"
    AMEX = "AMEX"
    DISCOVER = "DISCOVER"
    DINERS = "DINERS"
    JCB = "JCB"
    UNIONPAY = "UNIONPAY"


_RANGES: Final = (
    ("300000", "305999", Brand.DINERS),
    ("309500", "309599", Brand.DINERS),
    ("340000", "349999", Brand.AMEX),
    ("352800", "358999", Brand.JCB),
    ("360000", "369999", Brand.DINERS),
    ("370000", "379999", Brand.AMEX),
    ("380000", "399999", Brand.DINERS),
    ("400000", "499999", Brand.VISA),
    ("510000", "559999", Brand.MASTERCARD),
    ("222100", "272099", Brand.MASTERCARD),
    ("601100", "601199", Brand.DISCOVER),
    ("620000", "629999", Brand.UNIONPAY),
    ("644000", "659999", Brand.DISCOVER),
    ("810000", "817199", Brand.UNIONPAY),
)
"""First and last issuer number (ISO/IEC 7812) of each brand's ranges."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card to pay with. Number and cvc are kept in memory for the gateway and never stored (guarantees, G7)."""

    name: str = field(repr=False)
    number: Secret
    cvc: Secret
    exp_month: int
    exp_year: int
    brand: Brand
    billing_address: BillingAddress | None = None

    def to_public(self) -> dict[str, Any]:
        """Return the masked card, as it is stored and shown."""
        last4 = self.number.last_characters(4)
        return {
            "object": OBJECT,
            "name": self.name,
            "number": f"{MASK}{last4}",
            "expMonth": self.exp_month,
            "expYear": self.exp_year,
            "brand": str(self.brand),
            "last4": last4,
            "billingAddress": self.billing_address.to_public() if self.billing_address else None,
        }


def detect_card_brand(number: str) -> Brand | None:
    """Return the brand of a card number by its first six digits, or None if such cards are not taken."""
    issuer = number[:6]
    return next((brand for first, last, brand in _RANGES if first <= issuer <= last), None)


def read_card(fields: FieldReader, *, today: date) -> Card:
    """Read and validate a card.

    Args:
        today: a card is good to the end of its month.

    Raises:
        Invalid: with every field at fault.
    """
    fields.reject_unknown_fields(
        "object", "name", "number", "cvc", "expMonth", "expYear", "billingAddress", *READ_ONLY_FIELDS
    )
    address = fields.read_optional_object("billingAddress")
    number, brand = _read_card_number(fields)
    name = fields.read_line("name", max_length=MAX_NAME)
    cvc = _read_cvc(fields, brand)
    month, year = _read_expiry(fields, today)
    billing_address = read_billing_address(address) if address else None
    fields.raise_collected_faults()
    return Card(name, Secret(number), Secret(cvc), month, year, Brand(brand), billing_address)


def _read_card_number(fields: FieldReader) -> tuple[str, str]:
    number = fields.read_matching("number", NUMBER_PATTERN, "Give 13 to 19 digits.")
    if number and not luhn.is_valid(number):
        number = fields.add_fault("number", "This is no card number: its check digit is wrong.", "luhn")
    brand = detect_card_brand(number) or ""
    if number and not brand:
        fields.add_fault("number", f"Only cards of {', '.join(Brand)} are taken.", "unsupported_brand")
    return number, brand


def _read_cvc(fields: FieldReader, brand: str) -> str:
    if not brand:
        return fields.read_matching("cvc", CVC_PATTERN, "Give 3 digits, 4 for AMEX.")
    length = 4 if brand == Brand.AMEX else 3
    return fields.read_matching("cvc", f"[0-9]{{{length}}}", f"Give {length} digits.")


def _read_expiry(fields: FieldReader, today: date) -> tuple[int, int]:
    month = fields.read_integer("expMonth", 1, 12, "Give a month, 1 to 12.")
    year = fields.read_integer("expYear", MIN_YEAR, MAX_YEAR, "Give a year of four digits such as 2030.")
    if year and year < today.year:
        fields.add_fault("expYear", "This card has expired.", "expired")
    elif year == today.year and 0 < month < today.month:
        fields.add_fault("expMonth", "This card has expired.", "expired")
    return month, year
