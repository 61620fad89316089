"""The embedded gateway, which plays the bank; some numbers are declined or fail (contract, Payments)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from threading import Lock
from typing import Final, Protocol

from payments.cards import Card
from payments.errors import GatewayError, GatewayTimeout
from payments.gateways.port import Charge, Outcome, Refund
from payments.sources import Source

NAME: Final = "sandbox"
SUCCEEDING_CARD: Final = "4242424242424242"
DECLINED_CARD: Final = "4000000000000002"
FAILING_CARD: Final = "4000000000000119"
SILENT_CARD: Final = "4000000000000259"
"""It is charged, but the answer is lost."""
SUCCEEDING_ACCOUNT: Final = "000123456789"
DECLINED_ACCOUNT: Final = "000222222227"

_WITHOUT_ANSWER: Final = (FAILING_CARD, SILENT_CARD)
"""A repeated call answers from the ledger; the first call with these numbers has no answer."""
_DECLINED: Final = {DECLINED_CARD: "card_declined", DECLINED_ACCOUNT: "insufficient_funds"}
_REFERENCE = f"{NAME}_"


class EntryKind(StrEnum):
    """The direction of the money."""

    CHARGE = "CHARGE"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the bank's ledger. It never has a card number.

    Attributes:
        key: the idempotency key; at most 56 characters.
        reference: the bank's id; at most 64 characters.
        code: the reason of a decline, else blank.
    """

    key: str
    kind: EntryKind
    outcome: Outcome
    reference: str
    amount: Decimal
    currency: str
    code: str = ""


class Ledger(Protocol):
    """The bank's ledger, which all processes share and no crash loses."""

    def record_entry(self, entry: Entry) -> Entry:
        """Write the entry, unless there is one of its key: of several at once exactly one is written.

        It is committed when this returns, whatever the caller does then.

        Returns:
            The entry of this key: the new one, or the earlier one unchanged.
        """

    def find_entry(self, key: str) -> Entry | None:
        """Return the entry of this key, if there is one."""


class MemoryLedger:
    """A ledger in memory, for imports and tests."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()

    def record_entry(self, entry: Entry) -> Entry:
        with self._lock:
            return self._entries.setdefault(entry.key, entry)

    def find_entry(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def list_entries(self) -> tuple[Entry, ...]:
        """Return all entries, oldest first."""
        return tuple(self._entries.values())


class SandboxGateway:
    """A Gateway without a network. Every number but those above succeeds."""

    name: Final = NAME

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def charge_source(self, *, key: str, amount: Decimal, currency: str, source: Source) -> Charge:
        number = _read_source_number(source)
        known = self._ledger.find_entry(key) if number in _WITHOUT_ANSWER else None
        return _to_charge(known) if known else self._new_charge(key, amount, currency, number)

    def find_charge(self, *, key: str) -> Charge | None:
        entry = self._ledger.find_entry(key)
        return _to_charge(entry) if entry else None

    def refund_charge(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Refund:
        known = self._ledger.find_entry(key)
        if known:
            return _to_refund(known)
        charge = self._ledger.find_entry(reference.removeprefix(_REFERENCE))
        if charge is None or not _covers_refund(charge, amount, currency):
            raise GatewayError("The payment gateway knows no such charge to refund.")
        return _to_refund(
            self._ledger.record_entry(
                Entry(key, EntryKind.REFUND, Outcome.SUCCEEDED, _build_reference(key), amount, currency)
            )
        )

    def find_refund(self, *, key: str, reference: str) -> Refund | None:
        entry = self._ledger.find_entry(key)
        return _to_refund(entry) if entry else None

    def _new_charge(self, key: str, amount: Decimal, currency: str, number: str) -> Charge:
        if number == FAILING_CARD:
            raise GatewayError
        code = _DECLINED.get(number, "")
        outcome = Outcome.DECLINED if code else Outcome.SUCCEEDED
        entry = self._ledger.record_entry(
            Entry(key, EntryKind.CHARGE, outcome, _build_reference(key), amount, currency, code)
        )
        if number == SILENT_CARD:
            raise GatewayTimeout
        return _to_charge(entry)


def _read_source_number(source: Source) -> str:
    return (source.number if isinstance(source, Card) else source.account_number).reveal_text()


def _build_reference(key: str) -> str:
    """Return the reference of a charge or refund, from which its key can be read."""
    return f"{_REFERENCE}{key}"


def _covers_refund(charge: Entry, amount: Decimal, currency: str) -> bool:
    is_charged = charge.kind is EntryKind.CHARGE and charge.outcome is Outcome.SUCCEEDED
    return is_charged and charge.currency == currency and amount <= charge.amount


def _to_charge(entry: Entry) -> Charge:
    return Charge(entry.outcome, entry.reference, entry.code)


def _to_refund(entry: Entry) -> Refund:
    return Refund(entry.outcome, entry.reference, entry.code)
