"""The publisher: claims due events, sends their messages, and settles what the broker acknowledges (contract, MQTT)."""

import logging
import socket
import time
from contextlib import suppress
from typing import Final

from mqtt.delivery.broker import Broker, read_broker_settings
from mqtt.delivery.claims import claim_due_events
from mqtt.delivery.connection import Acknowledgement, BrokerConnection, ConnectionLost, drain_wake_up
from mqtt.delivery.flights import Flights, refuse_event
from mqtt.delivery.outcomes import AT_ONCE, Outcome, settle_event_outcomes
from mqtt.delivery.retry_policy import compute_backoff_seconds
from mqtt.messages import OFFLINE, ONLINE, build_event_messages, build_presence_message

CLAIMED_AT_ONCE: Final = 200
SETTLED_AT_ONCE: Final = 100
LONGEST_UNSETTLED: Final = 0.2
"""Seconds for which outcomes are collected while there is more to send."""
PRESENCE_SECONDS: Final = 60.0
"""Several workers share one presence: the one that stops says offline for all, and the others correct that."""
STEADY_SECONDS: Final = 60.0
"""A connection that has lasted so long, or has taken an event, begins the back-off anew when it is lost."""
FAREWELL_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 0.5
logger = logging.getLogger(__name__)


class EventPublisher:
    """Publishes in one thread; all its methods but `wake_up` are called there.

    Attributes:
        published: events that the broker has acknowledged so far.
    """

    def __init__(self, broker: Broker) -> None:
        self.published = 0
        self._broker = broker
        self._waker, self._wake_up = socket.socketpair()
        self._waker.setblocking(False)
        self._wake_up.setblocking(False)
        self._connection: BrokerConnection | None = None
        self._flights = Flights()
        self._unsettled: list[Outcome] = []
        self._unsettled_since = self._connected_at = self._announced_at = self._retry_at = 0.0
        self._failures = 0
        self._has_taken_event = False

    @property
    def is_away(self) -> bool:
        """The broker cannot be reached, and is not tried before the back-off ends."""
        return self._connection is None and self._failures > 0

    @property
    def is_idle(self) -> bool:
        """Nothing is claimed, and nothing is to be settled."""
        return self._flights.is_empty and not self._unsettled

    def wake_up(self) -> None:
        """Wake the publisher that waits: there is something to send. Any thread may call it."""
        with suppress(OSError):  # it has been woken often enough, or has finished
            self._waker.send(b"\0")

    def run_one_round(self) -> int:
        """Do what can be done at once, and return how much that was."""
        if self._connection is None:
            return self._settle_outcomes() + self._connect_if_due()
        try:
            done = self._exchange_with_broker(self._connection)
        except ConnectionLost as loss:
            self._give_up_connection(str(loss))
            return 1
        return done + self._settle_if_worthwhile() + self._claim_more_events()

    def wait_for_traffic(self, seconds: float) -> None:
        """Wait until the broker says something or somebody wakes us, but no longer than that."""
        seconds = min(seconds, PATIENCE_SECONDS)
        if self._connection is None:
            self._wait_for_retry(seconds)
            return
        try:
            self._note_acknowledgements(self._connection.take_acknowledgements(seconds))
        except ConnectionLost as loss:
            self._give_up_connection(str(loss))

    def run_until_idle(self) -> None:
        """Run rounds until nothing is due and nothing is in flight, or the broker is away."""
        while True:
            if self.run_one_round():
                continue
            if self.is_idle or self.is_away:
                return
            self.wait_for_traffic(PATIENCE_SECONDS)

    def finish_in_flight(self, seconds: float) -> int:
        """Send nothing more, settle what is acknowledged meanwhile, and take leave of the broker, for good."""
        deadline = time.monotonic() + max(seconds - 3 * FAREWELL_SECONDS, 0.0)
        self._unsettled += [Outcome(claimed, AT_ONCE) for claimed in self._flights.take_waiting_events()]
        while self._connection is not None and not self._flights.is_empty and time.monotonic() < deadline:
            self.wait_for_traffic(max(deadline - time.monotonic(), 0.0))
        if self._connection is not None:
            self._take_leave(self._connection)
        self._unsettled += self._flights.give_back_events()
        self._waker.close()
        self._wake_up.close()
        return self._settle_outcomes()

    def _exchange_with_broker(self, connection: BrokerConnection) -> int:
        acknowledged = self._note_acknowledgements(connection.take_acknowledgements(0.0))
        if self._flights.is_overdue:
            raise ConnectionLost("The broker does not acknowledge what it gets.")
        if time.monotonic() - self._announced_at > PRESENCE_SECONDS and connection.free_places > 0:
            connection.send_message(build_presence_message(ONLINE))
            self._announced_at = time.monotonic()
        return acknowledged + self._send_waiting_events(connection)

    def _note_acknowledgements(self, acknowledgements: list[Acknowledgement]) -> int:
        for acknowledgement in acknowledgements:
            outcome = self._flights.note_acknowledgement(acknowledgement)
            if outcome is not None:
                self._has_taken_event = self._has_taken_event or not outcome.refusal
                self._add_outcome(outcome)
        return len(acknowledgements)

    def _send_waiting_events(self, connection: BrokerConnection) -> int:
        sent = 0
        while connection.free_places > 0:
            if not self._flights.send_next_message(connection.send_message) and not self._begin_next_flight(connection):
                break
            sent += 1
        return sent

    def _begin_next_flight(self, connection: BrokerConnection) -> bool:
        """Prepare the next event's messages; return whether there was an event whose turn it is."""
        claimed = None if self._flights.is_full else self._flights.take_next_event()
        if claimed is None:
            return False
        if not claimed.has_fresh_lease():
            self._add_outcome(Outcome(claimed, AT_ONCE))
            return True
        messages = build_event_messages(claimed.tenant_id, claimed.event_type, claimed.body)
        fault = next(filter(None, map(connection.find_fault, messages)), "")
        if fault:
            self._add_outcome(refuse_event(claimed, fault))
        else:
            self._flights.begin_flight(claimed, messages)
        return True

    def _add_outcome(self, outcome: Outcome) -> None:
        if not self._unsettled:
            self._unsettled_since = time.monotonic()
        self._unsettled.append(outcome)
        if outcome.refusal:
            logger.warning(
                "MQTT: the broker does not take event %s (%s), attempt %d: %s",
                *(outcome.claimed.event_id, outcome.claimed.event_type),
                *(outcome.claimed.attempts_made + 1, outcome.refusal),
            )

    def _settle_if_worthwhile(self) -> int:
        """Settle when many outcomes are there, or the first has waited, or nothing else is to be done."""
        is_old = time.monotonic() - self._unsettled_since > LONGEST_UNSETTLED
        is_worthwhile = len(self._unsettled) >= SETTLED_AT_ONCE or is_old or self._flights.is_empty
        return self._settle_outcomes() if is_worthwhile else 0

    def _settle_outcomes(self) -> int:
        """Settle the outcomes; they are kept until they are written."""
        settled = len(self._unsettled)
        if settled:
            settle_event_outcomes(self._unsettled)
            self.published += sum(outcome.retry_after is None for outcome in self._unsettled)
            self._unsettled.clear()
        return settled

    def _claim_more_events(self) -> int:
        if self._flights.number_waiting > CLAIMED_AT_ONCE // 2:
            return 0
        claimed = claim_due_events(CLAIMED_AT_ONCE - self._flights.number_waiting)
        self._flights.add_claimed_events(claimed)
        return len(claimed)

    def _connect_if_due(self) -> int:
        if time.monotonic() < self._retry_at:
            return 0
        connection = BrokerConnection(self._broker, self._wake_up)
        try:
            connection.open_connection()
            connection.send_message(build_presence_message(ONLINE))
        except ConnectionLost as loss:
            connection.abandon_connection()
            self._back_off(str(loss), "cannot be reached")
            return 0
        self._connection, self._has_taken_event = connection, False
        self._connected_at = self._announced_at = time.monotonic()
        logger.info("MQTT: connected to %s.", self._broker)
        return 1

    def _give_up_connection(self, reason: str) -> None:
        """Give all that is not acknowledged back to the outbox; it goes over the next connection."""
        if self._connection is not None:
            self._connection.abandon_connection()
        self._connection = None
        for outcome in self._flights.give_back_events():
            self._add_outcome(outcome)
        if self._has_taken_event or time.monotonic() - self._connected_at > STEADY_SECONDS:
            self._failures = 0
        self._back_off(reason, "is lost")

    def _back_off(self, reason: str, what: str) -> None:
        self._failures += 1
        seconds = compute_backoff_seconds(self._failures)
        self._retry_at = time.monotonic() + seconds
        logger.warning("MQTT: %s %s, trying again in %d s: %s", self._broker, what, seconds, reason)

    def _wait_for_retry(self, seconds: float) -> None:
        time.sleep(max(min(seconds, self._retry_at - time.monotonic()), 0.01))
        drain_wake_up(self._wake_up)

    def _take_leave(self, connection: BrokerConnection) -> None:
        """Say that we are offline, and close the connection."""
        try:
            number = connection.send_message(build_presence_message(OFFLINE))
            deadline = time.monotonic() + FAREWELL_SECONDS
            while time.monotonic() < deadline:
                heard = connection.take_acknowledgements(deadline - time.monotonic())
                self._note_acknowledgements(heard)
                if any(one.number == number for one in heard):
                    break
        except ConnectionLost as loss:
            logger.warning("MQTT: %s is lost: %s", self._broker, loss)
        connection.close_connection()
        self._connection = None


def create_event_publisher() -> EventPublisher:
    """Create a publisher to the broker of the settings."""
    return EventPublisher(read_broker_settings())
