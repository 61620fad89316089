"""Who gets how many of the worker's threads, so that nobody waits for another's receiver."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from uuid import UUID

from webhooks.delivery.claims import WaitingEndpoint

THREADS = 64
MAX_PER_ENDPOINT = 16
"""For one endpoint."""
PROBATION_SLOTS = THREADS // 4
"""For all endpoints together that fail or are slow: the others never wait for these."""
CALLBACK_SLOTS = THREADS // 4
"""For all callbacks together, whose URLs anybody may have named: the others never wait for these either."""
SLOW_SECONDS = 1.0
_SECONDS_AT_ONCE = 2.0
_WEIGHT = 0.3


class ConcurrencyLimiter:
    """What is known of the endpoints that something was sent to, and what follows from it."""

    def __init__(self) -> None:
        self._seconds: dict[UUID, float] = {}
        self._limits: dict[UUID, int] = {}
        self._on_probation: set[UUID] = set()

    def record_duration(self, endpoint_id: UUID, seconds: float) -> None:
        """It took so long to answer; the last answers count most."""
        before = self._seconds.get(endpoint_id, seconds)
        self._seconds[endpoint_id] = before + (seconds - before) * _WEIGHT

    def list_full_endpoints(self, busy: Mapping[UUID, int]) -> list[UUID]:
        """Endpoints that can take no more for now.

        Args:
            busy: how many of each endpoint's deliveries are on their way, in this and the other methods.
        """
        return [
            endpoint_id
            for endpoint_id, number in busy.items()
            if number >= self._limits.get(endpoint_id, MAX_PER_ENDPOINT)
        ]

    def count_probation_slots(self, busy: Mapping[UUID, int]) -> int:
        """How many threads are left for those that share a part of them."""
        return PROBATION_SLOTS - sum(
            number for endpoint_id, number in busy.items() if endpoint_id in self._on_probation
        )

    def allocate_slots(
        self, waiting: Sequence[WaitingEndpoint], busy: Mapping[UUID, int], room: int
    ) -> Mapping[UUID, int]:
        """How many deliveries of each to take now: one of each in turn, the first first, while there is room."""
        for one in waiting:
            self._update_endpoint_limit(one)
        doubtful_room = self.count_probation_slots(busy)
        shares: Counter[UUID] = Counter()
        queue = deque(one.endpoint_id for one in waiting)
        while queue and room > 0:
            endpoint_id = queue.popleft()
            is_doubtful = endpoint_id in self._on_probation
            has_room = shares[endpoint_id] + busy.get(endpoint_id, 0) < self._limits[endpoint_id]
            if has_room and (doubtful_room > 0 or not is_doubtful):
                shares[endpoint_id] += 1
                room, doubtful_room = room - 1, doubtful_room - is_doubtful
                queue.append(endpoint_id)
        return +shares

    def _update_endpoint_limit(self, one: WaitingEndpoint) -> None:
        """Whoever fails gets a single probe at a time; the others as many as answer within some seconds' work."""
        seconds = self._seconds.get(one.endpoint_id, 0.0)
        by_pace = int(_SECONDS_AT_ONCE / seconds) if seconds else MAX_PER_ENDPOINT
        self._limits[one.endpoint_id] = 1 if one.is_failing else max(1, min(MAX_PER_ENDPOINT, by_pace))
        if one.is_failing or seconds > SLOW_SECONDS:
            self._on_probation.add(one.endpoint_id)
        else:
            self._on_probation.discard(one.endpoint_id)
