"""Where the bill goes (contract, Payments)."""

from dataclasses import dataclass, field
from typing import Any, Final

from payments.field_reader import FieldReader

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """A postal address; what is unknown of it is blank. Its repr says the country only."""

    line1: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    country: str
    line2: str = field(repr=False, default="")
    state: str = field(repr=False, default="")

    def to_public(self) -> dict[str, Any]:
        """As callers see it: without its lines."""
        return {
            "city": self.city,
            "state": self.state or None,
            "postalCode": self.postal_code,
            "country": self.country,
        }


def read_billing_address(fields: FieldReader) -> BillingAddress:
    """The address, its faults noted in the fields: line1, city, postalCode and country are required."""
    fields.reject_unknown_fields("line1", "line2", "city", "state", "postalCode", "country")
    return BillingAddress(
        line1=fields.read_line("line1", longest=100),
        line2=fields.read_line("line2", longest=100, required=False),
        city=fields.read_line("city", longest=100),
        state=fields.read_line("state", longest=100, required=False),
        postal_code=fields.read_line("postalCode", longest=20),
        country=_read_country(fields),
    )


def _read_country(fields: FieldReader) -> str:
    expected = 'Give two letters of ISO 3166 such as "US".'
    code = fields.read_matching("country", "[A-Za-z]{2}", expected).upper()
    return code if not code or code in COUNTRIES else fields.add_fault("country", expected, "invalid_choice")
