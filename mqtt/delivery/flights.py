"""The events that a publisher has claimed: some wait for their turn, some are in flight."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mqtt.delivery.claims import ClaimedEvent
from mqtt.delivery.connection import Acknowledgement
from mqtt.delivery.outcomes import AT_ONCE, Outcome
from mqtt.delivery.retry_policy import compute_retry_delay
from mqtt.messages import Message

MOST_EVENTS: Final = 100
"""Events in flight."""
PATIENCE_SECONDS: Final = 15.0
"""A connection over which an event waits longer for its acknowledgement is given up."""


@dataclass(slots=True)
class Flight:
    """An event whose messages are on their way.

    Attributes:
        unacknowledged: how many of its messages the broker has not acknowledged.
        refusal: the broker's reason where it has refused one of them.
    """

    claimed: ClaimedEvent
    unacknowledged: int
    refusal: str = ""
    sent_at: float = field(default_factory=time.monotonic)


class Flights:
    """Claimed events, in flight and waiting for it.

    After a connection that was lost with events in flight the next ones go one by one, and twice as many with each that
    is acknowledged: so an event at which the broker hangs up is found, and waits while the others go on.
    """

    def __init__(self) -> None:
        self._waiting: deque[ClaimedEvent] = deque()
        self._flights: dict[ClaimedEvent, Flight] = {}
        self._unsent: deque[tuple[Flight, Message]] = deque()
        self._by_number: dict[int, Flight] = {}
        self._window = MOST_EVENTS

    @property
    def number_waiting(self) -> int:
        """Events that were claimed and not sent."""
        return len(self._waiting)

    @property
    def is_empty(self) -> bool:
        """Nothing is in flight, and nothing waits."""
        return not self._waiting and not self._flights

    @property
    def is_full(self) -> bool:
        """No further event may be sent now."""
        return len(self._flights) >= self._window

    @property
    def is_overdue(self) -> bool:
        """An event has waited too long for its acknowledgement."""
        oldest = min((flight.sent_at for flight in self._flights.values()), default=None)
        return oldest is not None and time.monotonic() - oldest > PATIENCE_SECONDS

    def add_claimed_events(self, claimed: Sequence[ClaimedEvent]) -> None:
        """Add events that wait for their turn."""
        self._waiting.extend(claimed)

    def take_next_event(self) -> ClaimedEvent | None:
        """Take the event whose turn it is; None where none waits."""
        return self._waiting.popleft() if self._waiting else None

    def take_waiting_events(self) -> list[ClaimedEvent]:
        """Take all events that were not sent yet."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def begin_flight(self, claimed: ClaimedEvent, messages: Sequence[Message]) -> None:
        """Let an event's messages be the next to be sent."""
        flight = self._flights[claimed] = Flight(claimed, len(messages))
        self._unsent.extend((flight, message) for message in messages)

    def send_next_message(self, send_message: Callable[[Message], int]) -> bool:
        """Send the next message of an event in flight; return whether there was one.

        Args:
            send_message: sends it and returns its number.
        """
        if not self._unsent:
            return False
        flight, message = self._unsent.popleft()
        self._by_number[send_message(message)] = flight
        return True

    def note_acknowledgement(self, acknowledgement: Acknowledgement) -> Outcome | None:
        """Note what the broker said; return the event's outcome where that was its last message."""
        flight = self._by_number.pop(acknowledgement.number, None)
        if flight is None:
            return None
        flight.unacknowledged -= 1
        flight.refusal = flight.refusal or acknowledgement.refusal
        if flight.unacknowledged:
            return None
        del self._flights[flight.claimed]
        self._window = min(self._window * 2, MOST_EVENTS)
        return refuse_event(flight.claimed, flight.refusal) if flight.refusal else Outcome(flight.claimed)

    def give_back_events(self) -> list[Outcome]:
        """Give back all events when the connection is lost; one that was alone in flight waits longer than the rest."""
        in_flight = list(self._flights)
        self._window = 1 if in_flight else self._window
        outcomes = [Outcome(claimed, AT_ONCE) for claimed in (*in_flight, *self._waiting)]
        if len(in_flight) == 1:
            outcomes[0] = refuse_event(in_flight[0], "The connection has ended.")
        self._waiting.clear()
        self._unsent.clear()
        self._flights.clear()
        self._by_number.clear()
        return outcomes


def refuse_event(claimed: ClaimedEvent, reason: str) -> Outcome:
    """Build the outcome of an event that the broker does not take: it is tried again later, and later each time."""
    return Outcome(claimed, compute_retry_delay(claimed.attempts_made + 1), reason)
