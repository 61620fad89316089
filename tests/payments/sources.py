"""What customers send as a source, and what becomes of it."""

from datetime import date
from typing import Any

from payments.sources import Source, parse_source

TODAY = date(2026, 11, 21)
VISA = "4242424242424242"
AMEX = "378282246310005"
ADDRESS = {"line1": "1 Main St", "city": "Springfield", "postalCode": "62701", "country": "US"}


def card(**changed: Any) -> dict[str, Any]:
    """A good card, but for what is changed."""
    good = {"object": "card", "name": "Ada Lovelace", "number": VISA, "cvc": "737", "expMonth": 12, "expYear": 2030}
    return good | changed


def bank_account(**changed: Any) -> dict[str, Any]:
    """A good bank account, but for what is changed."""
    good = {
        "object": "bank_account",
        "accountHolderName": "Ada Lovelace",
        "accountNumber": "000123456789",
        "routingNumber": "021000021",
        "accountType": "CHECKING",
    }
    return good | changed


def parsed(data: dict[str, Any]) -> Source:
    """The source of a day in November 2026."""
    return parse_source(data, today=TODAY)
