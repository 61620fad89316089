"""Limits of the live streams of a process: server-sent events, and whatever else stays open for minutes.

The bounds are a process's own: `--workers 4` serves four times as many in all, and a caller whose connections come to
different processes may have that many times its own bound. To count them together would cost a round trip to a shared
store for each stream that begins and ends, and what they protect, memory and descriptors, is a process's own, too.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import DomainError, Kind
from kernel.networks import network_of_address


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """The number of streams that may be open at a time.

    Attributes:
        per_subject: of one order: its buyer on several devices, and some of the staff.
        per_stranger: of one network without a token.
        per_user: of one person: the tabs of a busy clerk, or the orders that a program watches.
        per_network: of one network in all, for an office goes out by one address.
        per_process: each holds a socket and some 30 KB; half of the 1024 descriptors that a process usually has.
    """

    per_subject: int = 10
    per_stranger: int = 20
    per_user: int = 100
    per_network: int = 200
    per_process: int = 500


LIMITS: Final = StreamLimits()


class TooManyStreams(DomainError):
    """This process has as many open streams as it can serve."""

    kind = Kind.UNAVAILABLE
    code = "too_many_streams"
    title = "Too many live streams are open"
    retry_after = 5


class StreamLimitReached(DomainError):
    """The order, the person or the network has as many streams as it may."""

    kind = Kind.TOO_MANY
    code = "stream_limit_reached"
    title = "You have as many live streams as you may"
    retry_after = 30


@dataclass(frozen=True, slots=True)
class Audience:
    """The caller of a stream and the subject of its events.

    Attributes:
        subject: the id of the row, such as an order.
        network: the caller's; see `kernel.networks`.
        user_id: None without a token.
    """

    subject: UUID
    network: str
    user_id: UUID | None

    @classmethod
    def of_actor(cls, subject: UUID, actor: Actor) -> "Audience":
        """Make one of an actor, with or without a token."""
        return cls(subject, network_of_address(actor.ip_address) if actor.ip_address else "unknown", actor.user_id)


class StreamRegistry:
    """The streams that are open in this process. Its methods may be called from any thread."""

    def __init__(self, limits: StreamLimits = LIMITS) -> None:
        self._limits = limits
        self._open = 0
        self._counts: Counter[Hashable] = Counter()
        self._lock = Lock()

    def __len__(self) -> int:
        return self._open

    @property
    def is_clear(self) -> bool:
        """Return whether nothing is open and nothing is counted."""
        return self._open == 0 and not self._counts

    def check_stream_limits(self, audience: Audience) -> None:
        """Check that a stream may be opened, while an error can still be sent.

        Raises:
            StreamLimitReached, TooManyStreams
        """
        with self._lock:
            self._require_free_stream(audience)

    @contextmanager
    def count_open_stream(self, audience: Audience) -> Iterator[None]:
        """Count a stream as long as the block lasts, however it ends; raises what `check` raises."""
        with self._lock:
            self._require_free_stream(audience)
            self._change_stream_counts(audience, 1)
        try:
            yield
        finally:
            with self._lock:
                self._change_stream_counts(audience, -1)

    def _require_free_stream(self, audience: Audience) -> None:
        if any(self._counts[key] >= most for key, most in self._list_applicable_limits(audience)):
            raise StreamLimitReached
        if self._open >= self._limits.per_process:
            raise TooManyStreams

    def _change_stream_counts(self, audience: Audience, change: int) -> None:
        self._open += change
        for key, _ in self._list_applicable_limits(audience):
            self._counts[key] += change
            if not self._counts[key]:
                del self._counts[key]

    def _list_applicable_limits(self, audience: Audience) -> Iterator[tuple[Hashable, int]]:
        """Return the counters that the stream is counted in, with their limits."""
        yield ("subject", audience.subject), self._limits.per_subject
        yield ("network", audience.network), self._limits.per_network
        if audience.user_id is None:
            yield ("stranger", audience.network), self._limits.per_stranger
        else:
            yield ("user", audience.user_id), self._limits.per_user


streams = StreamRegistry()
