"""Signals by datagrams among the web processes of one `serve`, where nothing reaches further.

A process has its socket as long as somebody of it hears rooms. The system keeps but a few datagrams for a process that
is busy, and the rest is lost.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from petstore.interfaces.live.carriers.outages import listen_through_outages
from petstore.interfaces.live.carriers.outbox import Outbox
from petstore.interfaces.live.carriers.payloads import decode_signals, encode_signals
from petstore.interfaces.live.rooms import Signal
from petstore.server.siblings import list_sibling_names, own_name, sibling_path

KIND = "rooms"


class DatagramCarrier:
    """Sends in a thread of its own, and takes datagrams as long as somebody of this process hears rooms."""

    def __init__(self) -> None:
        self._outbox = Outbox(_send_to_siblings)

    def carry_signal(self, signal: Signal) -> None:
        """Send a signal to the other processes, soon; nothing happens in a process without siblings."""
        if own_name() is not None:
            self._outbox.put_signal(signal)

    async def bring_signals(self, take: Callable[[Signal], None]) -> None:
        """Pass on what the other processes send, until cancelled; ends at once in a process without siblings."""
        name = own_name()
        if name is None:
            return
        await listen_through_outages(partial(_take_datagrams, sibling_path(name, KIND), take), (OSError,))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[Signal], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, _address: object) -> None:
        for signal in decode_signals(data):
            self._take(signal)


async def _take_datagrams(path: Path, take: Callable[[Signal], None], note_success: Callable[[], None]) -> None:
    path.unlink(missing_ok=True)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as opened:
        opened.setblocking(False)
        opened.bind(str(path))
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(take), sock=opened
            )
            note_success()
            with closing(transport):
                await asyncio.Event().wait()
        finally:
            path.unlink(missing_ok=True)


def _send_to_siblings(signals: Sequence[Signal]) -> None:
    """Send signals to all who have a socket; one that is full or has just ended gets nothing."""
    paths = [str(sibling_path(name, KIND)) for name in list_sibling_names(KIND)]
    if not paths:
        return
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as opened:
        opened.setblocking(False)
        for payload in encode_signals(signals):
            for path in paths:
                with suppress(OSError):
                    opened.sendto(payload, path)
