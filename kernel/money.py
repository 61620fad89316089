"""Money: exact decimals in, exact decimals out (contract, Money). Never a float."""

import re
from decimal import Decimal

from kernel.errors import Invalid

AMOUNT_PATTERN = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"
SHOWN_AMOUNT_PATTERN = r"^[0-9]{1,10}\.[0-9]{2}$"
"""As `format_amount` writes it."""
CURRENCY_PATTERN = r"^[A-Z]{3}$"
DEFAULT_CURRENCY = "USD"
MAX_DIGITS = 12
DECIMAL_PLACES = 2

_AMOUNT = re.compile(AMOUNT_PATTERN.replace("$", r"\Z"))
_CURRENCY = re.compile(CURRENCY_PATTERN.replace("$", r"\Z"))
_CENT = Decimal("0.01")


def parse_amount(value: object, *, field: str = "amount") -> Decimal:
    """Read an amount such as `"150.00"`.

    Raises:
        Invalid: it is no string of the contract's pattern; JSON numbers are refused too.
    """
    if not isinstance(value, str) or not _AMOUNT.match(value):
        raise Invalid.for_field(field, 'Give a decimal string such as "150.00".', "invalid_amount")
    return Decimal(value).quantize(_CENT)


def parse_currency_code(value: object, *, field: str = "currency") -> str:
    """Read an ISO 4217 code such as `"USD"`; raises Invalid for anything else."""
    if not isinstance(value, str) or not _CURRENCY.match(value):
        raise Invalid.for_field(field, 'Give three upper-case letters such as "USD".', "invalid_currency")
    return value


def format_amount(value: Decimal) -> str:
    """Write an amount with two decimals: `Decimal("150")` becomes `"150.00"`."""
    return f"{value:.2f}"
