"""Billing addresses of cards (contract, Payments)."""

from dataclasses import dataclass, field
from typing import Any, Final

import pycountry

from payments.field_reader import FieldReader

MAX_LINE: Final = 100
MAX_POSTAL_CODE: Final = 20
COUNTRY_PATTERN: Final = "[A-Za-z]{2}"
COUNTRY_CODES: Final = frozenset(country.alpha_2 for country in pycountry.countries)
"""ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """A postal address; unknown parts are blank. Its repr shows the country only."""

    line1: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    country: str
    line2: str = field(repr=False, default="")
    state: str = field(repr=False, default="")

    def to_public(self) -> dict[str, Any]:
        """Return the address as it is stored and shown: without its lines."""
        return {
            "city": self.city,
            "state": self.state or None,
            "postalCode": self.postal_code,
            "country": self.country,
        }


def read_billing_address(fields: FieldReader) -> BillingAddress:
    """Read an address; its faults are collected in the reader.

    Required are line1, city, postalCode and country.
    """
    fields.reject_unknown_fields("line1", "line2", "city", "state", "postalCode", "country")
    return BillingAddress(
        line1=fields.read_line("line1", max_length=MAX_LINE),
        line2=fields.read_line("line2", max_length=MAX_LINE, required=False),
        city=fields.read_line("city", max_length=MAX_LINE),
        state=fields.read_line("state", max_length=MAX_LINE, required=False),
        postal_code=fields.read_line("postalCode", max_length=MAX_POSTAL_CODE),
        country=_read_country(fields),
    )


def _read_country(fields: FieldReader) -> str:
    expected = 'Give two letters of ISO 3166 such as "US".'
    code = fields.read_matching("country", COUNTRY_PATTERN, expected).upper()
    return code if not code or code in COUNTRY_CODES else fields.add_fault("country", expected, "invalid_choice")
