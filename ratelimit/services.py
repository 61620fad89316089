"""Rate limits that are exact over all processes (contract, Rate limits; guarantees, G15).

The count is in one shared place, a table or Redis. A process consumes small quotas request by request; of large
quotas it leases a hundredth at once, so that most requests cost no round trip. A lease never lets more than the
quota through.

When Redis does not answer, callers are counted in the table until the window ends, and the log says so. In that
window a caller may get up to twice the quota.
"""

import threading
import time
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

Quota = tuple[int, int]
"""Requests, and the seconds of the window."""

LEASE_FRACTION = 100
_MAX_LEASES = 10_000
_REDIS_COUNTER = "ratelimit.redis_counter.count_in_redis"
"""Imported at the first use: the client takes megabytes, which a process that counts in the table can do without."""

_UPSERT = """
INSERT INTO ratelimit_ratewindow AS r (caller, "window", used) VALUES (%(caller)s, %(start)s, %(number)s)
ON CONFLICT (caller) DO UPDATE SET
    used = CASE WHEN r."window" IN (%(start)s, %(next)s) THEN r.used ELSE 0 END + %(number)s,
    "window" = CASE WHEN r."window" = %(next)s THEN r."window" ELSE %(start)s END
RETURNING used, "window"
"""
"""A request that comes late, from a process whose clock is behind, counts in the window that has begun."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The state of a caller's quota after a request.

    Attributes:
        resets_at: Unix seconds of the window's end.
    """

    limit: int
    remaining: int
    resets_at: int
    is_granted: bool


@dataclass(slots=True)
class _Lease:
    start: int
    left: int
    remaining: int


_leases: dict[str, _Lease] = {}
_lock = threading.Lock()


def longest_window_seconds() -> int:
    """Return the seconds of the longest window, by the settings: one that began earlier is over."""
    quotas = (settings.RATE_LIMIT, settings.LOGIN_RATE_LIMIT)
    return max((quota[1] for quota in quotas if quota), default=0)


def consume_quota(caller: str, quota: Quota) -> RateLimit:
    """Count one request of a caller against a quota.

    Call it outside any transaction: a count must stay when the request is rolled back.

    Args:
        caller: a name of at most 100 characters.
    """
    limit, seconds = quota
    now = int(time.time())
    start = now - now % seconds
    lease = _consume_from_lease(caller, start)
    if lease is not None:
        return RateLimit(limit, lease, start + seconds, is_granted=True)
    size = max(1, limit // LEASE_FRACTION)
    used, start = _add_shared_count(caller, start, seconds, size)
    remaining = limit - (used - size) - 1
    if remaining < 0:
        return RateLimit(limit, 0, start + seconds, is_granted=False)
    if size > 1:
        _keep_quota_lease(caller, _Lease(start, min(size - 1, remaining), remaining))
    return RateLimit(limit, remaining, start + seconds, is_granted=True)


def restore_quota(caller: str, quota: Quota, allowance: RateLimit) -> RateLimit:
    """Undo the count of a granted request that turned out to be free; return the state of the quota then.

    This process keeps the request for the caller as a lease, which costs no round trip. So no more than the quota is
    ever granted, and what is given back to one process and not taken there by the window's end is lost: one request
    a process, as each takes from its lease first.
    """
    remaining = allowance.remaining + 1
    _keep_quota_lease(caller, _Lease(allowance.resets_at - quota[1], 1, remaining))
    return replace(allowance, remaining=remaining)


def forget_local_leases() -> None:
    """Forget the leases of this process and a known outage of Redis, as if the process were new."""
    with _lock:
        _leases.clear()
        _outage.until = 0


def _consume_from_lease(caller: str, start: int) -> int | None:
    """Consume one request of a lease; return what remains of the quota, or None where no lease covers the request."""
    with _lock:
        lease = _leases.get(caller)
        if lease is None or lease.start != start or lease.left == 0:
            return None
        lease.left -= 1
        lease.remaining -= 1
        return max(0, lease.remaining)


def _keep_quota_lease(caller: str, lease: _Lease) -> None:
    with _lock:
        if len(_leases) >= _MAX_LEASES:
            _leases.clear()
        other = _leases.get(caller)
        if other is not None and other.start == lease.start:  # another thread leased at the same time
            lease.left += other.left
        _leases[caller] = lease


def _add_shared_count(caller: str, start: int, seconds: int, number: int) -> tuple[int, int]:
    """Add to the shared count; return it, and the start of the window that it is of."""
    if settings.REDIS_URL and _outage.until <= start:
        used: int | None = import_string(_REDIS_COUNTER)(f"rate:{caller}:{start}", seconds, number)
        if used is not None:
            return used, start
        _outage.until = start + seconds
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, {"caller": caller, "start": start, "next": start + seconds, "number": number})
        row = cursor.fetchone()
        return int(row[0]), int(row[1])


@dataclass(slots=True)
class _Outage:
    """An outage of Redis: until then (Unix seconds) it is not asked, so that requests do not wait for its time-out."""

    until: int = 0


_outage = _Outage()
