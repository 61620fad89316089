"""Rate limits that are exact over all processes (contract, Rate limits; guarantees, G15).

The count lives in one shared place, a table or Redis. A process takes one request at a time from small
quotas; from quotas so large that nobody counts to the last one it leases a hundredth at once, so that most
requests cost no round trip. A lease never lets more than the quota through.
"""

import threading
import time
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings
from django.db import connection

Quota = tuple[int, int]
"""Requests, and the seconds of the window."""

LEASE_FRACTION = 100
_MAX_LEASES = 10_000

_UPSERT = """
INSERT INTO traffic_ratewindow AS r (caller, "window", used) VALUES (%s, %s, %s)
ON CONFLICT (caller) DO UPDATE SET
    used = CASE WHEN r."window" = excluded."window" THEN r.used ELSE 0 END + excluded.used,
    "window" = excluded."window"
RETURNING used
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a caller stands after this request.

    Attributes:
        resets_at: Unix seconds of the window's end.
    """

    limit: int
    remaining: int
    resets_at: int
    is_granted: bool


@dataclass(slots=True)
class _Lease:
    window: int
    left: int
    remaining: int


_leases: dict[str, _Lease] = {}
_lock = threading.Lock()


def take(caller: str, quota: Quota) -> Allowance:
    """Count one request of the caller against the quota.

    Args:
        caller: who; at most 100 characters.
    """
    limit, seconds = quota
    window = int(time.time()) // seconds
    resets_at = (window + 1) * seconds
    size = max(1, limit // LEASE_FRACTION)
    with _lock:
        lease = _leases.get(caller)
        if lease is not None and lease.window == window and lease.left > 0:
            lease.left -= 1
            lease.remaining -= 1
            return Allowance(limit, lease.remaining, resets_at, is_granted=True)
    used = _count(caller, window, seconds, size)
    remaining = limit - (used - size) - 1
    if remaining < 0:
        return Allowance(limit, 0, resets_at, is_granted=False)
    if size > 1:
        _keep(caller, _Lease(window, min(size - 1, remaining), remaining))
    return Allowance(limit, remaining, resets_at, is_granted=True)


def forget_leases() -> None:
    """Give up what this process has leased, as a new process would start."""
    with _lock:
        _leases.clear()


def _keep(caller: str, lease: _Lease) -> None:
    with _lock:
        if len(_leases) >= _MAX_LEASES:
            _leases.clear()
        _leases[caller] = lease


def _count(caller: str, window: int, seconds: int, number: int) -> int:
    """Add to the shared count and return it."""
    if settings.REDIS_URL:
        return _count_in_redis(f"rate:{caller}:{window}", seconds, number)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [caller, window, number])
        return int(cursor.fetchone()[0])


def _count_in_redis(key: str, seconds: int, number: int) -> int:
    pipeline = _redis(settings.REDIS_URL).pipeline(transaction=True)
    pipeline.incrby(key, number)
    pipeline.expire(key, seconds)
    return int(pipeline.execute()[0])


@cache
def _redis(url: str) -> "redis.Redis[bytes]":
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
