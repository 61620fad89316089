"""The worker's part in deliveries: claims what is due, has it sent, and writes what came of it."""

import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

from kernel import clock
from webhooks.delivery.callback_claims import claim_callbacks
from webhooks.delivery.claims import Claimed, claim, still_claimed, waiting_endpoints
from webhooks.delivery.concurrency import CALLBACKS, THREADS, Sharing
from webhooks.delivery.in_flight import desk
from webhooks.delivery.results import Outcome, settle
from webhooks.delivery.tasks import deliver

PATIENCE_SECONDS = 1.0
ELSEWHERE_AFTER = timedelta(seconds=1)
"""A delivery that has not come back by then may have been sent by another process, which has settled it, too."""


class Dispatcher:
    """Does the database's part in one thread; tasks send, in as many as there is room for.

    Attributes:
        attempts, taken: how many were made so far, and how many of them a receiver took.
    """

    def __init__(self) -> None:
        desk.is_attended = True
        self.attempts = self.taken = 0
        self._out: dict[UUID, Claimed] = {}
        self._sharing = Sharing()
        self._unsettled: list[Outcome] = []

    @property
    def is_idle(self) -> bool:
        """Nothing is on its way."""
        return not self._out

    def work(self) -> int:
        """Settle what has come back, send what is due, and say how much that was."""
        return self._settle() + self._send()

    def rest(self, seconds: float) -> None:
        """Wait until something comes back, but no longer than that."""
        self._unsettled += desk.outcomes(seconds)

    def work_off(self) -> None:
        """Go on until nothing is due and nothing is on its way."""
        while True:
            if self.work():
                continue
            if self.is_idle:
                return
            self.rest(PATIENCE_SECONDS)

    def finish(self, seconds: float) -> int:
        """Send nothing more, and settle what comes back in so many seconds; the rest is left to the lease."""
        deadline = time.monotonic() + seconds
        settled = self._settle()
        while not self.is_idle and time.monotonic() < deadline:
            self.rest(max(deadline - time.monotonic(), 0.01))
            settled += self._settle()
        return settled

    def _settle(self) -> int:
        """Outcomes are kept until they are written."""
        self._unsettled += desk.outcomes()
        settled = len(self._unsettled)
        if settled:
            settle(self._unsettled)
        for outcome in self._unsettled:
            self._back(outcome)
        self._unsettled.clear()
        self._forget_what_others_did()
        return settled

    def _back(self, outcome: Outcome) -> None:
        self.attempts += 1
        self.taken += outcome.answer.is_success
        if outcome.claimed.host is None:
            self._sharing.note(outcome.claimed.endpoint_id, outcome.answer.duration_ms / 1000)
        if self._out.get(outcome.claimed.delivery_id) == outcome.claimed:
            del self._out[outcome.claimed.delivery_id]

    def _forget_what_others_did(self) -> None:
        latest = clock.now() - ELSEWHERE_AFTER
        long_out = [claimed for claimed in self._out.values() if claimed.at < latest]
        claimed_yet = still_claimed(long_out) if long_out else set()
        for claimed in long_out:
            if claimed.delivery_id not in claimed_yet:
                del self._out[claimed.delivery_id]
                desk.forget(claimed)

    def _send(self) -> int:
        claims = self._claim()
        for claimed in claims:
            self._out[claimed.delivery_id] = claimed
            desk.put(claimed)
            deliver.enqueue(str(claimed.delivery_id), str(claimed.claim))
        return len(claims)

    def _claim(self) -> list[Claimed]:
        callbacks = [claimed for claimed in self._out.values() if claimed.host is not None]
        room = min(CALLBACKS - len(callbacks), THREADS - len(self._out))
        called_back = claim_callbacks(room, under_way=callbacks) if room > 0 else []
        return called_back + self._claim_for_subscribers(THREADS - len(self._out) - len(called_back))

    def _claim_for_subscribers(self, room: int) -> list[Claimed]:
        busy = Counter(claimed.endpoint_id for claimed in self._out.values() if claimed.host is None)
        if room <= 0:
            return []
        with_doubtful = self._sharing.doubtful_room(busy) > 0
        waiting = waiting_endpoints(room, busy=self._sharing.full(busy), with_doubtful=with_doubtful)
        return claim(self._sharing.shares(waiting, busy, room)) if waiting else []
