"""Who gets how many of the worker's threads, so that nobody waits for another's receiver."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from uuid import UUID

from webhooks.delivery.claims import Waiting

THREADS = 64
MOST = 16
"""For one endpoint."""
DOUBTFUL = THREADS // 4
"""For all endpoints together that fail or are slow: the others never wait for these."""
CALLBACKS = THREADS // 4
"""For all callbacks together, whose URLs anybody may have named: the others never wait for these either."""
SLOW_SECONDS = 1.0
_SECONDS_AT_ONCE = 2.0
_WEIGHT = 0.3


class Sharing:
    """What is known of the endpoints that something was sent to, and what follows from it."""

    def __init__(self) -> None:
        self._seconds: dict[UUID, float] = {}
        self._limits: dict[UUID, int] = {}
        self._doubtful: set[UUID] = set()

    def note(self, endpoint_id: UUID, seconds: float) -> None:
        """It took so long to answer; the last answers count most."""
        before = self._seconds.get(endpoint_id, seconds)
        self._seconds[endpoint_id] = before + (seconds - before) * _WEIGHT

    def full(self, busy: Mapping[UUID, int]) -> list[UUID]:
        """Endpoints that can take no more for now.

        Args:
            busy: how many of each endpoint's deliveries are on their way, in this and the other methods.
        """
        return [endpoint_id for endpoint_id, number in busy.items() if number >= self._limits.get(endpoint_id, MOST)]

    def doubtful_room(self, busy: Mapping[UUID, int]) -> int:
        """How many threads are left for those that share a part of them."""
        return DOUBTFUL - sum(number for endpoint_id, number in busy.items() if endpoint_id in self._doubtful)

    def shares(self, waiting: Sequence[Waiting], busy: Mapping[UUID, int], room: int) -> Mapping[UUID, int]:
        """How many deliveries of each to take now: one of each in turn, the first first, while there is room."""
        for one in waiting:
            self._look_at(one)
        doubtful_room = self.doubtful_room(busy)
        shares: Counter[UUID] = Counter()
        queue = deque(one.endpoint_id for one in waiting)
        while queue and room > 0:
            endpoint_id = queue.popleft()
            is_doubtful = endpoint_id in self._doubtful
            has_room = shares[endpoint_id] + busy.get(endpoint_id, 0) < self._limits[endpoint_id]
            if has_room and (doubtful_room > 0 or not is_doubtful):
                shares[endpoint_id] += 1
                room, doubtful_room = room - 1, doubtful_room - is_doubtful
                queue.append(endpoint_id)
        return +shares

    def _look_at(self, one: Waiting) -> None:
        """Whoever fails gets a single probe at a time; the others as many as answer within some seconds' work."""
        seconds = self._seconds.get(one.endpoint_id, 0.0)
        by_pace = int(_SECONDS_AT_ONCE / seconds) if seconds else MOST
        self._limits[one.endpoint_id] = 1 if one.is_failing else max(1, min(MOST, by_pace))
        if one.is_failing or seconds > SLOW_SECONDS:
            self._doubtful.add(one.endpoint_id)
        else:
            self._doubtful.discard(one.endpoint_id)
