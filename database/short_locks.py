"""Functions of PostgreSQL that wait for locks for a moment only, called again until nobody is in their way."""

import time
from datetime import date
from typing import Final

from django.db import OperationalError, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import LockNotAvailable

ATTEMPTS: Final = 50
REST_SECONDS: Final = 0.2
"""Longer than the functions wait: others get through meanwhile."""


def call_when_free(cursor: CursorWrapper, function: str, *arguments: date) -> object:
    """Call the function, each time in a transaction of its own, until it gets its locks; return its result.

    Raises:
        OperationalError: it did not for some ten seconds.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _call(cursor, function, arguments)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            time.sleep(REST_SECONDS)
    return _call(cursor, function, arguments)


def _call(cursor: CursorWrapper, function: str, arguments: tuple[date, ...]) -> object:
    with transaction.atomic():
        places = ", ".join(["%s"] * len(arguments))
        cursor.execute(f"SELECT {function}({places})", arguments)
        return cursor.fetchone()[0]
