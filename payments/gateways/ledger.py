"""The ledger of the embedded gateway in our own database, shared by all processes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Manager, QuerySet
from django.db.models.query import RawQuerySet

from database import compiled_query, compiled_update, unit_of_work
from kernel import clock
from payments.gateways.port import Outcome
from payments.gateways.sandbox import Entry, EntryKind

_COLUMNS = "key, kind, outcome, reference, amount, currency, code, created_at"
_SOURCES = {"postgresql": "FROM set_config('synchronous_commit', 'off', true)", "sqlite": ""}
"""PostgreSQL need not wait for the disk here: whatever follows from an entry is committed after it, and does wait.
Should the server stop in between, the entry is lost and nothing follows, as if the bank had never been asked."""


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
def _entry_of_key(key: str) -> QuerySet[Any, Any]:
    return _sandbox_entries().filter(key=key)


@compiled_update
def _recorded_entry(  # noqa: PLR0913, PLR0917  # one a column
    key: str, kind: str, outcome: str, reference: str, amount: Decimal, currency: str, code: str, at: datetime
) -> "RawQuerySet[Any]":
    """An entry that exists is updated to itself, so that it is returned."""
    return _sandbox_entries().raw(
        f"INSERT INTO payments_sandboxentry ({_COLUMNS}) "
        f"SELECT %s, %s, %s, %s, %s, %s, %s, %s {_SOURCES[connection.vendor]} WHERE TRUE "
        "ON CONFLICT (key) DO UPDATE SET key = excluded.key",
        [key, kind, outcome, reference, amount, currency, code, at],
    )


def _sandbox_entries() -> "Manager[Any]":
    """Return the manager of `payments.models.SandboxEntry`, which stands above the gateways."""
    manager: Manager[Any] = apps.get_model("payments.SandboxEntry")._default_manager
    return manager


def _as_entry(row: Any) -> Entry:
    kind, outcome = EntryKind(row.kind), Outcome(row.outcome)
    return Entry(row.key, kind, outcome, row.reference, row.amount, row.currency, row.code)
