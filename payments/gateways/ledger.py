"""The ledger of the embedded gateway in our own database, shared by all processes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from database.compiled import by_itself, database, execute
from kernel import clock, money
from payments.gateways.port import Outcome
from payments.gateways.sandbox import Entry, EntryKind

_COLUMNS = "key, kind, outcome, reference, amount, currency, code"
_FIND = f"SELECT {_COLUMNS} FROM payments_sandboxentry WHERE key = %s"  # noqa: S608  # constants
_SOURCES = {"postgresql": "FROM set_config('synchronous_commit', 'off', true)", "sqlite": ""}
"""PostgreSQL need not wait for the disk here: whatever follows from an entry is committed after it, and does wait.
Should the server stop in between, the entry is lost and nothing follows, as if the bank had never been asked."""
_RECORD = {
    vendor: f"INSERT INTO payments_sandboxentry ({_COLUMNS}, created_at) "
    f"SELECT %s, %s, %s, %s, %s, %s, %s, %s {source} WHERE TRUE "
    f"ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING {_COLUMNS}"
    for vendor, source in _SOURCES.items()
}
"""What is there already is touched, not changed, so that it comes back."""


class DatabaseLedger:
    """A `payments.gateways.sandbox.Ledger` in the database. It refuses callers inside a transaction."""

    def record_entry(self, entry: Entry) -> Entry:
        home = database()
        columns = (entry.key, str(entry.kind), str(entry.outcome), entry.reference)
        amount, at = home.ops.adapt_decimalfield_value(entry.amount), home.ops.adapt_datetimefield_value(clock.now())
        with by_itself():
            (found,) = execute(home, _RECORD[home.vendor], (*columns, amount, entry.currency, entry.code, at))
        return _read_entry(found)

    def find_entry(self, key: str) -> Entry | None:
        found = execute(database(), _FIND, (key,))
        return _read_entry(found[0]) if found else None


def _read_entry(row: Sequence[Any]) -> Entry:
    """Build an entry from its columns; SQLite keeps amounts as numbers."""
    key, kind, outcome, reference, amount, currency, code = row
    exact = Decimal(money.format_amount(Decimal(str(amount))))
    return Entry(key, EntryKind(kind), Outcome(outcome), reference, exact, currency, code)
