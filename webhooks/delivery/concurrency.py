"""Limits of concurrency: the worker's threads are divided so that no endpoint waits for another's receiver."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from uuid import UUID

from webhooks.delivery.claims import WaitingEndpoint

THREADS = 64
MAX_PER_ENDPOINT = 16
"""Deliveries in flight to one endpoint."""
PROBATION_SLOTS = THREADS // 4
"""Deliveries in flight to all failing or slow endpoints together: the others never wait for these."""
CALLBACK_SLOTS = THREADS // 4
"""Callbacks in flight, whose URLs anybody may have named: other deliveries never wait for these."""
SLOW_SECONDS = 1.0
_SECONDS_AT_ONCE = 2.0
_WEIGHT = 0.3


class ConcurrencyLimiter:
    """Allocates delivery slots to endpoints by how fast they answer and whether they fail."""

    def __init__(self) -> None:
        self._seconds: dict[UUID, float] = {}
        self._limits: dict[UUID, int] = {}
        self._on_probation: set[UUID] = set()

    def record_duration(self, endpoint_id: UUID, seconds: float) -> None:
        """Record the seconds that an attempt took; the last ones weigh most."""
        before = self._seconds.get(endpoint_id, seconds)
        self._seconds[endpoint_id] = before + (seconds - before) * _WEIGHT

    def list_full_endpoints(self, busy: Mapping[UUID, int]) -> list[UUID]:
        """List endpoints that can take no more for now.

        Args:
            busy: deliveries in flight by endpoint, here and in the other methods.
        """
        return [
            endpoint_id
            for endpoint_id, number in busy.items()
            if number >= self._limits.get(endpoint_id, MAX_PER_ENDPOINT)
        ]

    def count_probation_slots(self, busy: Mapping[UUID, int]) -> int:
        """Count the slots that are left for failing and slow endpoints."""
        return PROBATION_SLOTS - sum(
            number for endpoint_id, number in busy.items() if endpoint_id in self._on_probation
        )

    def allocate_slots(
        self, waiting: Sequence[WaitingEndpoint], busy: Mapping[UUID, int], slots: int
    ) -> Mapping[UUID, int]:
        """Allocate slots to waiting endpoints: one each in turn, in their order, while there are slots."""
        for endpoint in waiting:
            self._update_endpoint_limit(endpoint)
        probation_slots = self.count_probation_slots(busy)
        allocation: Counter[UUID] = Counter()
        queue = deque(endpoint.endpoint_id for endpoint in waiting)
        while queue and slots > 0:
            endpoint_id = queue.popleft()
            is_on_probation = endpoint_id in self._on_probation
            has_slot = allocation[endpoint_id] + busy.get(endpoint_id, 0) < self._limits[endpoint_id]
            if has_slot and (probation_slots > 0 or not is_on_probation):
                allocation[endpoint_id] += 1
                slots, probation_slots = slots - 1, probation_slots - is_on_probation
                queue.append(endpoint_id)
        return +allocation

    def _update_endpoint_limit(self, endpoint: WaitingEndpoint) -> None:
        """Give a failing endpoint one probe at a time, and the others as many as answer within some seconds."""
        seconds = self._seconds.get(endpoint.endpoint_id, 0.0)
        by_pace = int(_SECONDS_AT_ONCE / seconds) if seconds else MAX_PER_ENDPOINT
        self._limits[endpoint.endpoint_id] = 1 if endpoint.is_failing else max(1, min(MAX_PER_ENDPOINT, by_pace))
        if endpoint.is_failing or seconds > SLOW_SECONDS:
            self._on_probation.add(endpoint.endpoint_id)
        else:
            self._on_probation.discard(endpoint.endpoint_id)
