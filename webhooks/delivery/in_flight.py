"""Where the worker's dispatcher and its tasks meet, so that what one claims need not be read again by the other."""

from queue import Empty, SimpleQueue
from uuid import UUID

from webhooks.delivery.claims import ClaimedDelivery, load_claimed_delivery
from webhooks.delivery.results import AttemptResult, settle_attempts


class InFlightDeliveries:
    """What this process has claimed, and what came of it.

    Attributes:
        has_dispatcher: a dispatcher of this process writes the outcomes, many at a time; else each is written at once.
    """

    def __init__(self) -> None:
        self.has_dispatcher = False
        self._claimed: dict[tuple[UUID, UUID], ClaimedDelivery] = {}
        self._results: SimpleQueue[AttemptResult | None] = SimpleQueue()

    def add_claimed_delivery(self, claimed: ClaimedDelivery) -> None:
        """Leave it for the task that will send it."""
        self._claimed[claimed.delivery_id, claimed.claim] = claimed

    def take_claimed_delivery(self, delivery_id: UUID, claim: UUID) -> ClaimedDelivery | None:
        """What was put here, or what another process has claimed; None if that claim is over."""
        return self._claimed.pop((delivery_id, claim), None) or load_claimed_delivery(delivery_id, claim)

    def drop_claimed_delivery(self, claimed: ClaimedDelivery) -> None:
        """It was sent elsewhere."""
        self._claimed.pop((claimed.delivery_id, claimed.claim), None)

    def put_attempt_result(self, outcome: AttemptResult) -> None:
        """Bring what came of it."""
        if self.has_dispatcher:
            self._results.put(outcome)
        else:
            settle_attempts([outcome])

    def wake_dispatcher(self) -> None:
        """Let whoever waits for outcomes look around: there is something to send."""
        self._results.put(None)

    def take_attempt_results(self, seconds: float = 0.0) -> list[AttemptResult]:
        """What has been brought; waits so long for the first, or until it is woken."""
        found: list[AttemptResult | None] = []
        try:
            found.append(self._results.get(timeout=seconds) if seconds else self._results.get_nowait())
            while True:
                found.append(self._results.get_nowait())
        except Empty:
            return [outcome for outcome in found if outcome is not None]


in_flight_deliveries = InFlightDeliveries()
