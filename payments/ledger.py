"""The books of the embedded gateway in our own database, where every process sees them."""

from django.db import transaction

from payments.gateways.port import Outcome
from payments.gateways.sandbox import Entry, Kind
from payments.models import SandboxEntry


class DatabaseLedger:
    """A `payments.gateways.sandbox.Ledger`. A caller with a transaction open is refused: no bank would wait for it."""

    def record(self, entry: Entry) -> Entry:
        with transaction.atomic(durable=True):
            SandboxEntry.objects.bulk_create([_row(entry)], ignore_conflicts=True)
        return _entry(SandboxEntry.objects.get(pk=entry.key))

    def find(self, key: str) -> Entry | None:
        row = SandboxEntry.objects.filter(pk=key).first()
        return _entry(row) if row else None


def _row(entry: Entry) -> SandboxEntry:
    return SandboxEntry(
        key=entry.key,
        kind=entry.kind,
        outcome=entry.outcome,
        reference=entry.reference,
        amount=entry.amount,
        currency=entry.currency,
        code=entry.code,
    )


def _entry(row: SandboxEntry) -> Entry:
    return Entry(row.key, Kind(row.kind), Outcome(row.outcome), row.reference, row.amount, row.currency, row.code)
