"""Reads that a replica may serve: who may, and when it is left (decision 59).

Positions are bytes of PostgreSQL's log: what the primary has written, and what a replica has replayed.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

logger = logging.getLogger(__name__)

STATEMENT_SECONDS: Final = 2
"""A replica cancels what takes longer; then the primary is asked."""
ANSWER_SECONDS: Final = 3
"""An answer of a replica, or a connection to it, may take so long, for it may be frozen."""
LARGEST_LAG_SECONDS: Final = 5.0
LEFT_SECONDS: Final = 5.0
"""A replica that failed is not asked for so long."""
SAMPLE_SECONDS: Final = 1.0
PRIMARY_POSITION: Final = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
REPLICA_POSITION: Final = """
    SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END
"""


@dataclass(slots=True)
class ReplicaRead:
    """A block whose reads may go to a replica.

    Attributes:
        find_position: tells what the replica has to have replayed, so that callers see what they wrote; None where
            that is not known.
        is_allowed: whether the replica may be asked, once that was found out for the block.
    """

    find_position: Callable[[], int | None]
    is_allowed: bool | None = None


open_read: ContextVar[ReplicaRead | None] = ContextVar("replica_read", default=None)


@dataclass(slots=True)
class ReplicaWatch:
    """What this process knows of its replica.

    Attributes:
        lag_seconds: how far it was behind at the most, when it was last looked at; infinite before.
        reason: why reads went to the primary when it was last looked at; empty where the replica was good.
        left_until: when a replica that has failed is asked again.
        blocks: how many blocks of reads went to the replica, and how many to the primary.
    """

    lag_seconds: float = float("inf")
    reason: str = "it has not been asked yet"
    left_until: float = 0.0
    blocks: Counter[str] = field(default_factory=Counter)
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=16))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_left(self) -> bool:
        """Say whether it has failed a moment ago."""
        return time.monotonic() < self.left_until

    @property
    def is_sample_due(self) -> bool:
        """Say whether the primary's position has to be noted again."""
        return not self._samples or time.monotonic() - self._samples[-1][0] >= SAMPLE_SECONDS

    def add_sample(self, position: int) -> None:
        """Note the primary's position, against which lag is measured."""
        with self._lock:
            self._samples.append((time.monotonic(), position))

    def leave_replica(self, reason: str) -> None:
        """Ask the primary alone for some seconds."""
        if not self.is_left:
            logger.warning("Reads of lists go to the primary for %d s: %s", LEFT_SECONDS, reason)
        self.reason, self.left_until = reason, time.monotonic() + LEFT_SECONDS

    def admit_replica(self, position: int | None, *, wanted: int) -> bool:
        """Say whether a replica that has replayed so much may be asked.

        Args:
            position: None where it is no replica any more.
            wanted: what the caller has written.
        """
        if position is None:
            self.leave_replica("it has become a primary")
            return False
        self.lag_seconds = self._measure_lag(position)
        if self.lag_seconds > LARGEST_LAG_SECONDS:
            self.reason = f"it is more than {LARGEST_LAG_SECONDS:.0f} s behind"
            return False
        self.reason = ""
        return position >= wanted

    def _measure_lag(self, position: int) -> float:
        """Return the age of the newest noted position that has been replayed."""
        with self._lock:
            replayed = [at for at, sample in self._samples if sample <= position]
        return time.monotonic() - replayed[-1] if replayed else float("inf")


watch = ReplicaWatch()
"""That of this process."""
