"""Signals of this process that wait for a carrier to send them, and the thread in which it does."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from petstore.interfaces.live.carriers.outages import Failures, Outage
from petstore.interfaces.live.rooms import Signal

MAX_WAITING: Final = 1000
"""Signals that wait; more are dropped."""
GATHER_SECONDS: Final = 0.01
"""The time from one sending to the next, in which signals gather."""
IDLE_SECONDS: Final = 30.0
"""The time without signals after which the thread ends, and the connection with it."""


class Outbox:
    """The waiting signals. The thread begins with the first of them, in the process that has it."""

    def __init__(
        self,
        send: Callable[[Sequence[Signal]], None],
        disconnect: Callable[[], None] = lambda: None,
        failures: Failures = (OSError,),
    ) -> None:
        """Remember how to send.

        Args:
            send: sends signals, connecting first where it is not connected.
            disconnect: called after a failure, and before the thread ends.
            failures: what `send` raises while the other side cannot be reached.
        """
        self._send, self._disconnect, self._failures = send, disconnect, failures
        self._waiting: dict[Signal, None] = {}
        self._has_waiting = threading.Condition()
        self._thread: threading.Thread | None = None

    def put_signal(self, signal: Signal) -> None:
        """Have a signal sent soon, unless too many wait; one that waits already is sent once, in the newer place."""
        with self._has_waiting:
            if self._waiting.pop(signal, signal) is signal and len(self._waiting) >= MAX_WAITING:
                return
            self._waiting[signal] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_until_idle, name="signals", daemon=True)
                self._thread.start()
            self._has_waiting.notify()

    def _send_until_idle(self) -> None:
        try:
            self._send_through_outages()
        finally:
            if self._thread is threading.current_thread():  # a defect ends it: the next signal begins anew
                self._disconnect()
                self._thread = None

    def _send_through_outages(self) -> None:
        outage = Outage("Signals of rooms cannot be sent")
        while not self._has_ended():
            try:
                self._send(self._take_signals())
            except self._failures as error:
                self._disconnect()
                time.sleep(outage.note_failure(error))
            else:
                outage.note_success()
                time.sleep(GATHER_SECONDS)

    def _has_ended(self) -> bool:
        """Wait for signals; after a long time without any, disconnect and end the thread."""
        with self._has_waiting:
            if self._has_waiting.wait_for(lambda: self._waiting, IDLE_SECONDS):
                return False
        self._disconnect()
        with self._has_waiting:
            if not self._waiting:
                self._thread = None
            return self._thread is None

    def _take_signals(self) -> list[Signal]:
        with self._has_waiting:
            signals = list(self._waiting)
            self._waiting.clear()
            return signals
