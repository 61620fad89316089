"""What customers pay with (contract, Payments, Source)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from payments import bank_accounts, cards
from payments.bank_accounts import BankAccount, read_bank_account
from payments.cards import Card, read_card
from payments.field_reader import FieldReader

Source = Card | BankAccount
PAYER_PLACEHOLDERS = {"name": "", "accountHolderName": "", "billingAddress": None, "note": ""}
"""What a shown source says of the person, and what stands there where that is not told."""


def without_payer(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A source as it is shown, without the payer's name and address."""
    return {name: PAYER_PLACEHOLDERS.get(name, value) for name, value in shown.items()}


def parse_source(data: Mapping[str, Any], *, today: date, path: str = "source") -> Source:
    """Read a card or a bank account, as its `object` says.

    Args:
        data: the object as it came; `brand`, `last4` and `bankName`, which only go out, are passed over.
        today: in UTC; a card is good to the end of its month.
        path: the dotted name of the object in faults.

    Raises:
        Invalid: with every field at fault; nothing of the input is repeated.
    """
    fields = FieldReader(data, path)
    kind = fields.read_choice("object", (cards.OBJECT, bank_accounts.OBJECT))
    fields.raise_collected_faults()
    return read_card(fields, today=today) if kind == cards.OBJECT else read_bank_account(fields)
