"""Connections that do not wait for ever for an answer (G18).

The server ends its statements by itself. But it may be frozen, or wait for a disk or a standby that does not answer;
or a pooler or the network between us is what is silent.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the history of a database: which database it is, and the number of its timeline."""

    system: int
    timeline: int


_T = TypeVar("_T")
INTERVAL_SECONDS = 0.1
"""Psycopg's own, between two looks at signals and time."""


class Connection(psycopg.Connection[Any]):
    """Psycopg's, which is closed where an answer takes too long.

    Attributes:
        answer_timeout: how many seconds an answer may take; None for ever.
        place: of its server in the database's history when it was made; None where that is not known.
    """

    answer_timeout: float | None = None
    place: Place | None = None

    def wait(self, gen: PQGen[_T], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> _T:
        """Wait for an answer, but no longer than `answer_timeout`."""
        try:
            return super().wait(gen, interval, timeout or self.answer_timeout)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                raise self.abandon_connection() from error
            raise

    def abandon_connection(self) -> psycopg.OperationalError:
        """Close it, for what comes next would be the answer to the last question; give the error to raise."""
        self.pgconn.finish()
        return psycopg.OperationalError(f"no answer within {self.answer_timeout} s; whether it was done is not known")
