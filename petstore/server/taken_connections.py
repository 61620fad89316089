"""Connections taken over from the server after an upgrade (docs/decisions, 0046).

Granian's own web sockets buffer messages of 64 MiB, cannot ping, and hide why a connection ended. But once it has
answered an upgrade, it neither reads nor writes until it is asked to. So a second descriptor of the connection serves
us, and granian's is released at the end.
"""

import os
import socket
import stat
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_DESCRIPTORS: Final = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
Endpoint = tuple[IPv4Address | IPv6Address, int]


def take_over_connection(client: tuple[str, int]) -> socket.socket | None:
    """Return a socket of the connection whose other end is this address, None where there is none any more.

    Args:
        client: as ASGI's scope has it.
    """
    wanted = _parse_endpoint(client)
    for descriptor in _list_socket_descriptors():
        if _read_peer_address(descriptor) != wanted:
            continue
        taken = socket.socket(fileno=os.dup(descriptor))
        if _read_peer_address(taken.fileno()) == wanted:
            taken.setblocking(False)
            return taken
        taken.close()  # that descriptor was closed and opened anew meanwhile
    return None


def _list_socket_descriptors() -> Iterator[int]:
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208  # paths of thousands of descriptors take longer
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                yield int(name)
        except OSError:  # it was closed meanwhile
            continue


def _read_peer_address(descriptor: int) -> Endpoint | None:
    """Return the other end of a socket; None where it has none of the internet."""
    try:
        borrowed = socket.socket(fileno=descriptor)
    except OSError:
        return None
    try:
        return _parse_endpoint(borrowed.getpeername())
    except (OSError, ValueError, TypeError, IndexError):
        return None
    finally:
        borrowed.detach()


def _parse_endpoint(address: tuple[str, int] | tuple[str, int, int, int]) -> Endpoint:
    host = ip_address(address[0].partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, IPv6Address) else None
    return mapped or host, int(address[1])
