"""From a management command to the supervisor."""

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

from django.core.management.base import CommandError

BACKLOG = 2048
STALLED_SECONDS = 20
ROOT = Path(__file__).resolve().parents[2]


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises CommandError where the port is taken or the host is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refusal(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _leave_the_dead(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(host, port, error) from error
    listener.set_inheritable(True)
    return listener


def _leave_the_dead(listener: socket.socket) -> None:
    """Connections whose callers are gone, or do not read their answers, end; accepted sockets inherit it."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _refusal(host: str, port: int, error: OSError) -> CommandError:
    return CommandError(f"Cannot listen on {host}:{port}: {error.strerror or error}.")


def address_of(listener: socket.socket) -> str:
    """The http:// address that the socket answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    host: str = listener.getsockname()[0]
    return ip_address(host.partition("%")[0]).is_loopback


def served_at(listener: socket.socket) -> str:
    """The same for links, which lead to this very machine where the socket listens to the whole world."""
    return address_of(listener).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def become_supervisor(listener: socket.socket, workers: int) -> None:
    """Turn this very process into the supervisor; does not return."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    environment = os.environ | {"PYTHONPATH": path, "SERVED_AT": served_at(listener)}
    command = (sys.executable, "-m", "petstore.operations.serving", str(listener.fileno()), str(workers))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606  # ourselves
