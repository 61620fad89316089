"""Bank accounts in the United States as payment sources (contract, Payments)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from stdnum.us import rtn

from payments.field_reader import FieldReader
from payments.secret import MASK, Secret

OBJECT: Final = "bank_account"
MAX_HOLDER_NAME: Final = 100
ACCOUNT_NUMBER_PATTERN: Final = "[0-9]{4,17}"
ROUTING_NUMBER_PATTERN: Final = "[0-9]{9}"
READ_ONLY_FIELDS: Final = ("bankName", "last4")
"""Fields of `BankAccount.to_public` that a caller may send back; they are passed over."""

UNKNOWN_BANK: Final = "Bank"
_UNASSIGNED_ROUTING_NUMBER: Final = "000000000"
"""Its check digit is right, but no bank has it."""

BANKS: Final = {
    "011401533": "Citizens Bank",
    "021000021": "JPMorgan Chase",
    "021000089": "Citibank",
    "026009593": "Bank of America",
    "031176110": "Capital One",
    "031201360": "TD Bank",
    "043000096": "PNC Bank",
    "053101121": "Truist",
    "061000104": "Truist",
    "065000090": "Capital One",
    "071000013": "JPMorgan Chase",
    "091000022": "U.S. Bank",
    "110000000": "Stripe Test Bank",
    "121000248": "Wells Fargo",
    "121000358": "Bank of America",
    "121202211": "Charles Schwab Bank",
    "122105155": "U.S. Bank",
    "124003116": "Ally Bank",
    "256074974": "Navy Federal Credit Union",
    "314074269": "USAA",
    "322271627": "JPMorgan Chase",
}
"""Well-known routing numbers, as the banks publish them."""


class AccountType(StrEnum):
    """The kind of a bank account."""

    CHECKING = "CHECKING"
    SAVINGS = "SAVINGS"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account to pay from. Its number is kept in memory for the gateway and never stored (guarantees, G7)."""

    account_holder_name: str = field(repr=False)
    account_number: Secret
    routing_number: str
    account_type: AccountType

    def to_public(self) -> dict[str, Any]:
        """Return the masked account, as it is stored and shown; of a short number at most half the digits remain."""
        number = self.account_number.reveal_text()
        last4 = number[-min(4, len(number) // 2) :].rjust(4, "*")
        return {
            "object": OBJECT,
            "accountHolderName": self.account_holder_name,
            "accountNumber": f"{MASK}{last4}",
            "accountType": str(self.account_type),
            "bankName": BANKS.get(self.routing_number, UNKNOWN_BANK),
            "last4": last4,
        }


def read_bank_account(fields: FieldReader) -> BankAccount:
    """Read and validate a bank account.

    Raises:
        Invalid: with every field at fault.
    """
    fields.reject_unknown_fields(
        "object", "accountHolderName", "accountNumber", "routingNumber", "accountType", *READ_ONLY_FIELDS
    )
    name = fields.read_line("accountHolderName", max_length=MAX_HOLDER_NAME)
    number = fields.read_matching("accountNumber", ACCOUNT_NUMBER_PATTERN, "Give 4 to 17 digits.")
    routing_number = _read_routing_number(fields)
    account_type = fields.read_choice("accountType", tuple(AccountType))
    fields.raise_collected_faults()
    return BankAccount(name, Secret(number), routing_number, AccountType(account_type))


def is_routing_number(digits: str) -> bool:
    """Return True if nine digits have the right check digit (ABA) and can be a bank's."""
    return rtn.is_valid(digits) and digits != _UNASSIGNED_ROUTING_NUMBER


def _read_routing_number(fields: FieldReader) -> str:
    number = fields.read_matching("routingNumber", ROUTING_NUMBER_PATTERN, "Give 9 digits.")
    if number and not is_routing_number(number):
        return fields.add_fault("routingNumber", "This is no routing number: its check digit is wrong.", "checksum")
    return number
