"""Bank accounts in the United States (contract, Payments)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from payments.field_reader import FieldReader
from payments.secret import MASK, Secret

OBJECT: Final = "bank_account"
UNKNOWN_BANK: Final = "Bank"
_READ_ONLY = ("bankName", "last4")

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
    """What the account is for."""

    CHECKING = "CHECKING"
    SAVINGS = "SAVINGS"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account that a customer pays from. Its number lives in memory, for the gateway, and nowhere else."""

    account_holder_name: str = field(repr=False)
    account_number: Secret
    routing_number: str
    account_type: AccountType

    def to_public(self) -> dict[str, Any]:
        """The account as it is kept and as callers see it; of a short number at most half."""
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
    """The account that the fields tell of; raises Invalid with every field at fault."""
    fields.reject_unknown_fields(
        "object", "accountHolderName", "accountNumber", "routingNumber", "accountType", *_READ_ONLY
    )
    name = fields.read_line("accountHolderName", longest=100)
    number = fields.read_matching("accountNumber", "[0-9]{4,17}", "Give 4 to 17 digits.")
    routing_number = _read_routing_number(fields)
    account_type = fields.read_choice("accountType", tuple(AccountType))
    fields.raise_collected_faults()
    return BankAccount(name, Secret(number), routing_number, AccountType(account_type))


def _read_routing_number(fields: FieldReader) -> str:
    number = fields.read_matching("routingNumber", "[0-9]{9}", "Give 9 digits.")
    if number and not passes_checksum(number):
        return fields.add_fault("routingNumber", "This is no routing number: its check digit is wrong.", "checksum")
    return number


def passes_checksum(routing_number: str) -> bool:
    """Whether nine digits weighted 3, 7, 1 add up to a multiple of ten (ABA); nine zeros are no bank."""
    total = sum(int(digit) * weight for digit, weight in zip(routing_number, (3, 7, 1) * 3, strict=True))
    return total > 0 and total % 10 == 0
