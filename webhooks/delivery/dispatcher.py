"""The dispatcher: claims due deliveries, has tasks send them, and settles the results."""

import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

from kernel import clock
from webhooks.delivery.callback_claims import claim_due_callbacks
from webhooks.delivery.claims import ClaimedDelivery, claim_due_deliveries, find_still_claimed, list_waiting_endpoints
from webhooks.delivery.concurrency import CALLBACK_SLOTS, THREADS, ConcurrencyLimiter
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.delivery.results import AttemptResult, settle_attempts
from webhooks.delivery.tasks import deliver_claimed

PATIENCE_SECONDS = 1.0
ELSEWHERE_AFTER = timedelta(seconds=1)
"""Age at which a delivery in flight is looked up: another process may have sent and settled it."""


class Dispatcher:
    """Claims and settles in one thread, while tasks send in as many threads as there are slots.

    Attributes:
        attempts, accepted: attempts so far, and how many of them a receiver accepted.
    """

    def __init__(self) -> None:
        in_flight_deliveries.has_dispatcher = True
        self.attempts = self.accepted = 0
        self._in_flight: dict[UUID, ClaimedDelivery] = {}
        self._limiter = ConcurrencyLimiter()
        self._unsettled: list[AttemptResult] = []

    @property
    def is_idle(self) -> bool:
        """Nothing is in flight."""
        return not self._in_flight

    def run_one_round(self) -> int:
        """Settle the results that are there, send what is due, and return how many deliveries that were."""
        return self._settle_attempt_results() + self._send_due_deliveries()

    def wait_for_results(self, seconds: float) -> None:
        """Wait until a result is there, but no longer than that."""
        self._unsettled += in_flight_deliveries.take_attempt_results(seconds)

    def run_until_idle(self) -> None:
        """Run rounds until nothing is due and nothing is in flight."""
        while True:
            if self.run_one_round():
                continue
            if self.is_idle:
                return
            self.wait_for_results(PATIENCE_SECONDS)

    def finish_in_flight(self, seconds: float) -> int:
        """Send nothing more, and settle the results of so many seconds; the other leases expire."""
        deadline = time.monotonic() + seconds
        settled = self._settle_attempt_results()
        while not self.is_idle and time.monotonic() < deadline:
            self.wait_for_results(max(deadline - time.monotonic(), 0.01))
            settled += self._settle_attempt_results()
        return settled

    def _settle_attempt_results(self) -> int:
        """Settle the results; they are kept until they are written."""
        self._unsettled += in_flight_deliveries.take_attempt_results()
        settled = len(self._unsettled)
        if settled:
            settle_attempts(self._unsettled)
        for result in self._unsettled:
            self._note_attempt_result(result)
        self._unsettled.clear()
        self._drop_settled_elsewhere()
        return settled

    def _note_attempt_result(self, result: AttemptResult) -> None:
        self.attempts += 1
        self.accepted += result.response.is_success
        if result.claimed.host is None:
            self._limiter.record_duration(result.claimed.endpoint_id, result.response.duration_ms / 1000)
        if self._in_flight.get(result.claimed.delivery_id) == result.claimed:
            del self._in_flight[result.claimed.delivery_id]

    def _drop_settled_elsewhere(self) -> None:
        before = clock.now() - ELSEWHERE_AFTER
        overdue = [claimed for claimed in self._in_flight.values() if claimed.claimed_at < before]
        still_claimed = find_still_claimed(overdue) if overdue else set()
        for claimed in overdue:
            if claimed.delivery_id not in still_claimed:
                del self._in_flight[claimed.delivery_id]
                in_flight_deliveries.drop_claimed_delivery(claimed)

    def _send_due_deliveries(self) -> int:
        claims = self._claim_due_deliveries()
        for claimed in claims:
            self._in_flight[claimed.delivery_id] = claimed
            in_flight_deliveries.add_claimed_delivery(claimed)
            deliver_claimed.enqueue(str(claimed.delivery_id), str(claimed.claim))
        return len(claims)

    def _claim_due_deliveries(self) -> list[ClaimedDelivery]:
        callbacks = [claimed for claimed in self._in_flight.values() if claimed.host is not None]
        slots = min(CALLBACK_SLOTS - len(callbacks), THREADS - len(self._in_flight))
        callback_claims = claim_due_callbacks(slots, in_flight=callbacks) if slots > 0 else []
        return callback_claims + self._claim_for_subscribers(THREADS - len(self._in_flight) - len(callback_claims))

    def _claim_for_subscribers(self, slots: int) -> list[ClaimedDelivery]:
        busy = Counter(claimed.endpoint_id for claimed in self._in_flight.values() if claimed.host is None)
        if slots <= 0:
            return []
        include_failing = self._limiter.count_probation_slots(busy) > 0
        waiting = list_waiting_endpoints(
            slots, busy=self._limiter.list_full_endpoints(busy), include_failing=include_failing
        )
        return claim_due_deliveries(self._limiter.allocate_slots(waiting, busy, slots)) if waiting else []
