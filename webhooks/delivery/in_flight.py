"""Deliveries in flight, handed from the dispatcher to the tasks of its process and back without a read."""

from queue import Empty, SimpleQueue
from uuid import UUID

from webhooks.delivery.claims import ClaimedDelivery, load_claimed_delivery
from webhooks.delivery.results import AttemptResult, settle_attempts


class InFlightDeliveries:
    """The claimed deliveries of this process, and the queue of their results.

    Attributes:
        has_dispatcher: a dispatcher of this process settles the results, many at a time; else each is settled at once.
    """

    def __init__(self) -> None:
        self.has_dispatcher = False
        self._claimed: dict[tuple[UUID, UUID], ClaimedDelivery] = {}
        self._results: SimpleQueue[AttemptResult | None] = SimpleQueue()

    def add_claimed_delivery(self, claimed: ClaimedDelivery) -> None:
        """Add a delivery for the task that will send it."""
        self._claimed[claimed.delivery_id, claimed.claim] = claimed

    def take_claimed_delivery(self, delivery_id: UUID, claim: UUID) -> ClaimedDelivery | None:
        """Take a delivery that was added here or claimed by another process; None if that claim is over."""
        return self._claimed.pop((delivery_id, claim), None) or load_claimed_delivery(delivery_id, claim)

    def drop_claimed_delivery(self, claimed: ClaimedDelivery) -> None:
        """Drop a delivery that another process has sent."""
        self._claimed.pop((claimed.delivery_id, claimed.claim), None)

    def put_attempt_result(self, result: AttemptResult) -> None:
        """Put a result into the queue, or settle it where there is no dispatcher."""
        if self.has_dispatcher:
            self._results.put(result)
        else:
            settle_attempts([result])

    def wake_dispatcher(self) -> None:
        """Wake the dispatcher that waits for results: there is something to send."""
        self._results.put(None)

    def take_attempt_results(self, seconds: float = 0.0) -> list[AttemptResult]:
        """Take the results that are there; wait so long for the first, or until `wake_dispatcher`."""
        found: list[AttemptResult | None] = []
        try:
            found.append(self._results.get(timeout=seconds) if seconds else self._results.get_nowait())
            while True:
                found.append(self._results.get_nowait())
        except Empty:
            return [result for result in found if result is not None]


in_flight_deliveries = InFlightDeliveries()
