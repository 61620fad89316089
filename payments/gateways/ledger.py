"""The ledger of the embedded gateway in our own database, shared by all processes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.query import RawQuerySet

from database import compiled_query, compiled_update, unit_of_work
from kernel import clock, money
from payments.gateways.port import Outcome
from payments.gateways.sandbox import Entry, EntryKind
from tenants.fields import DateTimeField

_COLUMNS = "key, kind, outcome, reference, amount, currency, code, created_at"
_SOURCES = {"postgresql": "FROM set_config('synchronous_commit', 'off', true)", "sqlite": ""}
"""PostgreSQL need not wait for the disk here: whatever follows from an entry is committed after it, and does wait.
Should the server stop in between, the entry is lost and nothing follows, as if the bank had never been asked."""


class SandboxEntry(models.Model):
    """A charge or refund in the ledger of the embedded gateway, which plays the bank and belongs to no tenant.

    Attributes:
        key: the idempotency key that the charge or refund came with.
    """

    key = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=6)
    outcome = models.CharField(max_length=10)
    reference = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=money.MAX_DIGITS, decimal_places=money.DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=64, blank=True)
    created_at = DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "sandbox entries"

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class DatabaseLedger:
    """A `payments.gateways.sandbox.Ledger` in the database. It refuses callers inside a transaction."""

    def record_entry(self, entry: Entry) -> Entry:
        columns = (entry.key, str(entry.kind), str(entry.outcome), entry.reference, entry.amount, entry.currency)
        with unit_of_work(durable=True) as unit:
            written = unit.update_returning(_recorded_entry(*columns, entry.code, clock.now()))
        if written.row is None:
            raise LookupError(entry.key)
        return _as_entry(written.row)

    def find_entry(self, key: str) -> Entry | None:
        found = _entry_of_key(key).first()
        return _as_entry(found) if found else None


@compiled_query
def _entry_of_key(key: str) -> QuerySet[Any, SandboxEntry]:
    return SandboxEntry.objects.filter(key=key)


@compiled_update
def _recorded_entry(  # noqa: PLR0913, PLR0917  # one a column
    key: str, kind: str, outcome: str, reference: str, amount: Decimal, currency: str, code: str, at: datetime
) -> "RawQuerySet[SandboxEntry]":
    """Insert an entry; one that exists is updated to itself, so that it is returned."""
    return SandboxEntry.objects.raw(
        f"INSERT INTO payments_sandboxentry ({_COLUMNS}) "
        f"SELECT %s, %s, %s, %s, %s, %s, %s, %s {_SOURCES[connection.vendor]} WHERE TRUE "
        "ON CONFLICT (key) DO UPDATE SET key = excluded.key",
        [key, kind, outcome, reference, amount, currency, code, at],
    )


def _as_entry(row: SandboxEntry) -> Entry:
    kind, outcome = EntryKind(row.kind), Outcome(row.outcome)
    return Entry(row.key, kind, outcome, row.reference, row.amount, row.currency, row.code)
