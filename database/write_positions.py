"""What callers have written, as positions in PostgreSQL's log, so that a replica never shows them less.

One of two stores: memory that the processes of this host share, or Redis where there are several hosts.
"""

import fcntl
import hashlib
import logging
import mmap
import os
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol

import redis
from django.conf import settings

from database.postgresql.replicas import LARGEST_LAG_SECONDS

logger = logging.getLogger(__name__)

SLOTS: Final = 1 << 16
SLOT_BYTES: Final = 8
KEPT_SECONDS: Final = 60
"""Longer than any replica that is asked may be behind."""
TIMEOUT_SECONDS: Final = 0.5


class WritePositions(Protocol):
    """A store of positions by caller."""

    def keep_position(self, callers: Sequence[str], position: int) -> bool:
        """Keep what the callers have written; say whether it is kept."""

    def find_position(self, callers: Sequence[str]) -> int | None:
        """Return the newest position of these callers, 0 where they have written nothing; None if it is not known."""


class SharedPositions:
    """Positions in memory that this process shares with those that it forks; mapped before they are.

    Callers who share a slot count as one, which only makes more of their reads go to the primary.
    """

    def __init__(self, *, blind_seconds: float = LARGEST_LAG_SECONDS + 1) -> None:
        """Map the memory.

        Args:
            blind_seconds: nothing is known for so long, for what was written before is not here.
        """
        self._file = os.memfd_create("petstore write positions")
        os.ftruncate(self._file, SLOTS * SLOT_BYTES)
        self._positions = memoryview(mmap.mmap(self._file, SLOTS * SLOT_BYTES)).cast("Q")
        self._known_from = time.monotonic() + blind_seconds
        self._lock = threading.Lock()

    def keep_position(self, callers: Sequence[str], position: int) -> bool:
        """Keep the newer position; the lock of the file is one of processes, and ends with them."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                for slot in map(_choose_slot, callers):
                    self._positions[slot] = max(self._positions[slot], position)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)
        return True

    def find_position(self, callers: Sequence[str]) -> int | None:
        """Return the newest position of these callers, or of those who share their slots."""
        if time.monotonic() < self._known_from:
            return None
        return max((self._positions[slot] for slot in map(_choose_slot, callers)), default=0)


class RedisPositions:
    """Positions in Redis, for all hosts."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)

    def keep_position(self, callers: Sequence[str], position: int) -> bool:
        """Keep the newer position for a minute."""
        pipeline = self._redis.pipeline(transaction=False)
        for caller in callers:
            pipeline.zadd(_name_key(caller), {"position": position}, gt=True)
            pipeline.expire(_name_key(caller), KEPT_SECONDS)
        try:
            pipeline.execute()
        except redis.RedisError:
            logger.warning("Redis does not answer: what a caller has written is not known to other processes.")
            return False
        return True

    def find_position(self, callers: Sequence[str]) -> int | None:
        """Return the newest position of these callers."""
        pipeline = self._redis.pipeline(transaction=False)
        for caller in callers:
            pipeline.zscore(_name_key(caller), "position")
        try:
            return max((int(score or 0) for score in pipeline.execute()), default=0)
        except redis.RedisError:
            return None


_shared = SharedPositions()


def find_positions_store() -> WritePositions:
    """Return Redis where there is one, else the memory of this host."""
    return _connect_to_redis(settings.REDIS_URL) if settings.REDIS_URL else _shared


@cache
def _connect_to_redis(url: str) -> RedisPositions:
    return RedisPositions(url)


def _choose_slot(caller: str) -> int:
    return int.from_bytes(hashlib.blake2b(caller.encode(), digest_size=2).digest(), "little")


def _name_key(caller: str) -> str:
    return f"petstore:written:{hashlib.blake2b(caller.encode(), digest_size=16).hexdigest()}"
