"""Listening sockets, and the start of the supervisor on them."""

import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

BACKLOG = 2048
STALLED_SECONDS = 20
HAS_PORT_SHARING = sys.platform == "linux"
"""Only Linux spreads connections: elsewhere SO_REUSEPORT gives all of them to one of the sockets."""
ROOT = Path(__file__).resolve().parents[2]
WITHOUT_WORKER = "-"


def open_listener(host: str, port: int) -> socket.socket:
    """Open a listening socket; raises CommandError where the port is taken or the host is not this machine's."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with _create_socket(
            family
        ) as probe:  # sockets that spread connections would share the port with another program's
            probe.bind(address)
        return _open_listening_socket(family, address)
    except OSError as error:
        raise _build_refusal(host, port, error) from error


def open_listeners(listener: socket.socket, processes: int) -> list[socket.socket]:
    """Open a socket for each process at the same address: the kernel spreads new connections among them.

    On one shared socket the process that is awake accepts all waiting connections, and the others stay idle. Where the
    kernel does not spread connections, all processes share one socket.
    """
    if not HAS_PORT_SHARING:
        return [listener] * processes
    more = (_open_listening_socket(listener.family, listener.getsockname()) for _ in range(processes - 1))
    return [listener, *more]


def reserve_port(host: str, port: int) -> socket.socket:
    """Keep a port for a server of this program that binds it by SO_REUSEPORT; nobody else can meanwhile.

    The socket does not listen, so that no connection waits there in vain.

    Raises:
        CommandError: as for `open_listener`.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with _create_socket(family) as probe:
            probe.bind(address)
        return _bind_reserving_socket(family, address)
    except OSError as error:
        raise _build_refusal(host, port, error) from error


def _bind_reserving_socket(family: socket.AddressFamily | int, address: Any) -> socket.socket:
    reserved = socket.socket(family, socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # SO_REUSEADDR would let others bind, too
        reserved.bind(address)
    except OSError:
        reserved.close()
        raise
    reserved.set_inheritable(True)
    return reserved


def open_shared_listener(reserved: socket.socket) -> socket.socket:
    """Open a socket that listens at an address that this program has reserved."""
    return _open_listening_socket(reserved.family, reserved.getsockname())


def _open_listening_socket(family: socket.AddressFamily | int, address: Any) -> socket.socket:
    listener = _create_socket(family)
    try:
        if HAS_PORT_SHARING:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _end_dead_connections(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def _create_socket(family: socket.AddressFamily | int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _end_dead_connections(listener: socket.socket) -> None:
    """Set timeouts that end connections of callers who are gone or do not read; accepted sockets inherit them."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _build_refusal(host: str, port: int, error: OSError) -> CommandError:
    return CommandError(f"Cannot listen on {host}:{port}: {error.strerror or error}.")


def format_address(listener: socket.socket) -> str:
    """Return the http:// address of the socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Return whether only this machine can reach the socket."""
    host: str = listener.getsockname()[0]
    return ip_address(host.partition("%")[0]).is_loopback


def format_link_address(listener: socket.socket) -> str:
    """Return the address for links: this machine's own where the socket listens on all addresses."""
    return format_address(listener).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


@dataclass(frozen=True, slots=True)
class ServingSockets:
    """The sockets of a supervisor and its processes, as an argument of its command line.

    Attributes:
        webs: one for each web process.
        grpc: reserves the port of gRPC; None where it is off.
        has_worker: a background worker runs beside the processes that serve.
    """

    webs: Sequence[socket.socket]
    grpc: socket.socket | None = None
    has_worker: bool = True

    def format_argument(self) -> str:
        """Write the descriptors, such as `3,4+5`, with a minus at the end where no worker runs beside them."""
        webs = ",".join(str(each.fileno()) for each in self.webs)
        grpc = "" if self.grpc is None else f"+{self.grpc.fileno()}"
        return f"{webs}{grpc}{'' if self.has_worker else WITHOUT_WORKER}"

    @classmethod
    def parse_argument(cls, text: str) -> "ServingSockets":
        """Take over the sockets of these descriptors."""
        webs, _, grpc = text.removesuffix(WITHOUT_WORKER).partition("+")
        return cls(
            [socket.socket(fileno=int(number)) for number in webs.split(",")],
            socket.socket(fileno=int(grpc)) if grpc else None,
            has_worker=not text.endswith(WITHOUT_WORKER),
        )


def become_supervisor(
    listener: socket.socket, workers: int, grpc: socket.socket | None = None, *, has_worker: bool = True
) -> None:
    """Replace this process by the supervisor; does not return."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    environment = os.environ | {"PYTHONPATH": path, "SERVED_AT": format_link_address(listener)}
    sockets = ServingSockets(
        open_listeners(listener, workers), grpc, has_worker
    )  # kept until the end: else they are closed
    command = (sys.executable, "-m", "petstore.server.processes", sockets.format_argument())
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606  # ourselves
