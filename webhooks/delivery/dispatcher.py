"""The worker's part in deliveries: claims what is due, has it sent, and writes what came of it."""

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
"""A delivery that has not come back by then may have been sent by another process, which has settled it, too."""


class Dispatcher:
    """Does the database's part in one thread; tasks send, in as many as there is room for.

    Attributes:
        attempts, taken: how many were made so far, and how many of them a receiver took.
    """

    def __init__(self) -> None:
        in_flight_deliveries.has_dispatcher = True
        self.attempts = self.accepted = 0
        self._in_flight: dict[UUID, ClaimedDelivery] = {}
        self._limiter = ConcurrencyLimiter()
        self._unsettled: list[AttemptResult] = []

    @property
    def is_idle(self) -> bool:
        """Nothing is on its way."""
        return not self._in_flight

    def run_one_round(self) -> int:
        """Settle what has come back, send what is due, and say how much that was."""
        return self._settle_attempt_results() + self._send_due_deliveries()

    def wait_for_results(self, seconds: float) -> None:
        """Wait until something comes back, but no longer than that."""
        self._unsettled += in_flight_deliveries.take_attempt_results(seconds)

    def run_until_idle(self) -> None:
        """Go on until nothing is due and nothing is on its way."""
        while True:
            if self.run_one_round():
                continue
            if self.is_idle:
                return
            self.wait_for_results(PATIENCE_SECONDS)

    def finish_in_flight(self, seconds: float) -> int:
        """Send nothing more, and settle what comes back in so many seconds; the rest is left to the lease."""
        deadline = time.monotonic() + seconds
        settled = self._settle_attempt_results()
        while not self.is_idle and time.monotonic() < deadline:
            self.wait_for_results(max(deadline - time.monotonic(), 0.01))
            settled += self._settle_attempt_results()
        return settled

    def _settle_attempt_results(self) -> int:
        """Outcomes are kept until they are written."""
        self._unsettled += in_flight_deliveries.take_attempt_results()
        settled = len(self._unsettled)
        if settled:
            settle_attempts(self._unsettled)
        for outcome in self._unsettled:
            self._note_attempt_result(outcome)
        self._unsettled.clear()
        self._drop_settled_elsewhere()
        return settled

    def _note_attempt_result(self, outcome: AttemptResult) -> None:
        self.attempts += 1
        self.accepted += outcome.response.is_success
        if outcome.claimed.host is None:
            self._limiter.record_duration(outcome.claimed.endpoint_id, outcome.response.duration_ms / 1000)
        if self._in_flight.get(outcome.claimed.delivery_id) == outcome.claimed:
            del self._in_flight[outcome.claimed.delivery_id]

    def _drop_settled_elsewhere(self) -> None:
        latest = clock.now() - ELSEWHERE_AFTER
        long_out = [claimed for claimed in self._in_flight.values() if claimed.claimed_at < latest]
        claimed_yet = find_still_claimed(long_out) if long_out else set()
        for claimed in long_out:
            if claimed.delivery_id not in claimed_yet:
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
        room = min(CALLBACK_SLOTS - len(callbacks), THREADS - len(self._in_flight))
        called_back = claim_due_callbacks(room, in_flight=callbacks) if room > 0 else []
        return called_back + self._claim_for_subscribers(THREADS - len(self._in_flight) - len(called_back))

    def _claim_for_subscribers(self, room: int) -> list[ClaimedDelivery]:
        busy = Counter(claimed.endpoint_id for claimed in self._in_flight.values() if claimed.host is None)
        if room <= 0:
            return []
        with_doubtful = self._limiter.count_probation_slots(busy) > 0
        waiting = list_waiting_endpoints(
            room, busy=self._limiter.list_full_endpoints(busy), include_failing=with_doubtful
        )
        return claim_due_deliveries(self._limiter.allocate_slots(waiting, busy, room)) if waiting else []
