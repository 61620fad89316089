"""The lock of the queue: whoever adds events of a key, or ends them, has it until the transaction ends.

So no event can come to wait behind one that is settled at this moment and has released no other.
"""

from typing import Final

from django.db import connection

_ADVISORY_LOCK: Final = 0x6D717474
"""Its name among PostgreSQL's advisory locks."""


def lock_event_queue() -> None:
    """Wait for the lock; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
