"""Signals by LISTEN and NOTIFY of PostgreSQL, which reach all processes on the same database.

A transaction that notifies takes a lock of the whole server while it commits. So no change of a room does: what a
process has to tell is sent by one statement for many signals, on a connection of its own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from petstore.interfaces.live.carriers.outages import listen_through_outages
from petstore.interfaces.live.carriers.outbox import Outbox
from petstore.interfaces.live.carriers.payloads import CHANNEL, decode_signals, encode_signals
from petstore.interfaces.live.rooms import Signal

_NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"
_OF_DJANGO = ("context", "cursor_factory")
"""Parameters of a connection that are not libpq's."""
_FAILURES = (psycopg.Error, OSError)


class NotificationCarrier:
    """Notifies in a thread of its own, and listens as long as somebody of this process hears rooms."""

    def __init__(self) -> None:
        self._outbox = Outbox(self._notify_signals, self._disconnect, _FAILURES)
        self._connection: psycopg.Connection[Any] | None = None

    def carry_signal(self, signal: Signal) -> None:
        """Send a signal to the other processes, soon."""
        self._outbox.put_signal(signal)

    async def bring_signals(self, take: Callable[[Signal], None]) -> NoReturn:
        """Pass on what the other processes send, until cancelled."""

        await listen_through_outages(partial(self._listen_to_channel, take), _FAILURES)

    async def _listen_to_channel(self, take: Callable[[Signal], None], note_success: Callable[[], None]) -> None:
        async with await psycopg.AsyncConnection.connect(**_read_parameters()) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            note_success()
            async for notification in connection.notifies():
                for signal in decode_signals(notification.payload):
                    take(signal)

    def _notify_signals(self, signals: Sequence[Signal]) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(**_read_parameters())
        self._connection.execute(_NOTIFY, (CHANNEL, [payload.decode() for payload in encode_signals(signals)]))

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read_parameters() -> dict[str, Any]:
    """Return what the requests' connections are opened with, time-outs among it, for one without transactions."""
    parameters: dict[str, Any] = connections[DEFAULT_DB_ALIAS].get_connection_params()
    return {name: value for name, value in parameters.items() if name not in _OF_DJANGO} | {"autocommit": True}
