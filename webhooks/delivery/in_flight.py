"""Where the worker's dispatcher and its tasks meet, so that what one claims need not be read again by the other."""

from queue import Empty, SimpleQueue
from uuid import UUID

from webhooks.delivery.claims import Claimed, claimed_by
from webhooks.delivery.results import Outcome, settle


class Desk:
    """What this process has claimed, and what came of it.

    Attributes:
        is_attended: a dispatcher of this process writes the outcomes, many at a time; else each is written at once.
    """

    def __init__(self) -> None:
        self.is_attended = False
        self._claimed: dict[tuple[UUID, UUID], Claimed] = {}
        self._outcomes: SimpleQueue[Outcome | None] = SimpleQueue()

    def put(self, claimed: Claimed) -> None:
        """Leave it for the task that will send it."""
        self._claimed[claimed.delivery_id, claimed.claim] = claimed

    def take(self, delivery_id: UUID, claim: UUID) -> Claimed | None:
        """What was put here, or what another process has claimed; None if that claim is over."""
        return self._claimed.pop((delivery_id, claim), None) or claimed_by(delivery_id, claim)

    def forget(self, claimed: Claimed) -> None:
        """It was sent elsewhere."""
        self._claimed.pop((claimed.delivery_id, claimed.claim), None)

    def give(self, outcome: Outcome) -> None:
        """Bring what came of it."""
        if self.is_attended:
            self._outcomes.put(outcome)
        else:
            settle([outcome])

    def wake(self) -> None:
        """Let whoever waits for outcomes look around: there is something to send."""
        self._outcomes.put(None)

    def outcomes(self, seconds: float = 0.0) -> list[Outcome]:
        """What has been brought; waits so long for the first, or until it is woken."""
        found: list[Outcome | None] = []
        try:
            found.append(self._outcomes.get(timeout=seconds) if seconds else self._outcomes.get_nowait())
            while True:
                found.append(self._outcomes.get_nowait())
        except Empty:
            return [outcome for outcome in found if outcome is not None]


desk = Desk()
