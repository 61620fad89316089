"""Payment sources: cards and bank accounts (contract, Payments)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from payments import bank_accounts, cards
from payments.bank_accounts import BankAccount, read_bank_account
from payments.cards import Card, read_card
from payments.field_reader import FieldReader

Source = Card | BankAccount
PAYER_PLACEHOLDERS = {"name": "", "accountHolderName": "", "billingAddress": None, "note": ""}
"""The fields of a public source that name the payer, and the value of each once the payer is erased."""


def without_payer(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a public source without the payer's name and address."""
    return {name: PAYER_PLACEHOLDERS.get(name, value) for name, value in source.items()}


def parse_source(data: Mapping[str, Any], *, today: date, path: str = "source") -> Source:
    """Read and validate a card or a bank account, as its `object` says.

    Args:
        data: the object as it came; `brand`, `last4` and `bankName`, which are read-only, are passed over.
        today: in UTC; a card is good to the end of its month.
        path: the dotted name of the object in faults.

    Raises:
        Invalid: with every field at fault; no value of the input is repeated.
    """
    fields = FieldReader(data, path)
    kind = fields.read_choice("object", (cards.OBJECT, bank_accounts.OBJECT))
    fields.raise_collected_faults()
    return read_card(fields, today=today) if kind == cards.OBJECT else read_bank_account(fields)
