"""HTTP as bytes: what is sent, and what comes back on the same connection."""

import re
import socket
import time
from typing import NamedTuple

FOLLOWING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Following: 1\r\nConnection: close\r\n\r\n"
ALIVE = b'{"status":"alive"}'
PATIENCE_SECONDS = 30
MOMENT_SECONDS = 0.1
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n")


class Outcome(NamedTuple):
    """What came of a request and the plain one sent behind it.

    Attributes:
        statuses: of all answers, in turn, without interim ones.
        followed: the last one is the answer to the plain request.
    """

    statuses: list[int]
    followed: bool
    received: bytes


def send(port: int, request: bytes, *, body_later: bool = False) -> Outcome:
    """Send it and a plain one behind it, and hear all that comes until the connection ends.

    Args:
        body_later: what stands behind the head comes a moment later, as it may over a network.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        received = _hear(connection, request + FOLLOWING, body_later=body_later)
    statuses = [int(status) for status in _STATUS.findall(received)]
    return Outcome([status for status in statuses if status >= 200], received.endswith(ALIVE), received)


def _hear(connection: socket.socket, sent: bytes, *, body_later: bool) -> bytes:
    parts: list[bytes] = []
    head = sent.index(b"\r\n\r\n") + 4 if body_later else 0
    try:
        connection.sendall(sent[:head])
        time.sleep(MOMENT_SECONDS if body_later else 0)
        connection.sendall(sent[head:])
        while part := connection.recv(65_536):
            parts.append(part)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return b"".join(parts)
