"""Connections that end in time, whatever the other side does."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread

import httpcore2
import httpx2

MAX_BYTES = 64 * 1024
"""Bytes that are read of a response, its head included."""
MAX_ADDRESSES = 4
"""Addresses of a name that are tried: a name with a thousand addresses must not make us call them all."""

Resolver = Callable[[str], Sequence[str]]


class Failure(StrEnum):
    """Reasons why there is no whole response."""

    REFUSED_ADDRESS = "refused_address"
    HTTPS_REQUIRED = "https_required"
    UNKNOWN_HOST = "unknown_host"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    STATUS = "status"
    MEDIA_TYPE = "media_type"


class ExchangeFailed(Exception):
    """The exchange ended without a whole response.

    Args:
        detail: more for the log, such as a status.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.value} {detail}".rstrip())
        self.failure = failure


class Deadline:
    """A deadline that several steps share; a socket's own time-out starts anew with every byte that arrives."""

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic()
        self._ends = self._started + seconds

    def seconds_left(self) -> float:
        """Return the seconds that are left, more than 0.

        Raises:
            ExchangeFailed: the deadline has passed.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ExchangeFailed(Failure.TIMEOUT)
        return left

    def shortened_to(self, seconds: float) -> "Deadline":
        """Return a deadline for one step, at the latest that of the whole."""
        return Deadline(min(seconds, self.seconds_left()))

    def elapsed_ms(self) -> int:
        """Return the milliseconds since the beginning."""
        return round((time.monotonic() - self._started) * 1000)


class Stream(httpcore2.NetworkStream):
    """A connected socket that httpcore may read and write until the deadline, and up to a number of bytes."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        self._received = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._received >= MAX_BYTES:
            raise ExchangeFailed(Failure.TOO_LARGE)
        self._socket.settimeout(self._deadline.seconds_left())
        try:
            data = self._socket.recv(min(max_bytes, MAX_BYTES - self._received))
        except OSError as error:
            raise ExchangeFailed(_classify_socket_error(error)) from error
        if not data and not self._received:
            raise ExchangeFailed(Failure.CONNECTION)
        self._received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        unsent = memoryview(buffer)
        try:
            while unsent:
                self._socket.settimeout(self._deadline.seconds_left())
                unsent = unsent[self._socket.send(unsent) :]
        except TimeoutError as error:
            raise ExchangeFailed(Failure.TIMEOUT) from error
        except OSError as error:
            raise httpcore2.WriteError from error  # httpcore then looks whether an answer came early

    def close(self) -> None:
        self._socket.close()


def resolve_host(host: str) -> list[str]:
    """Ask the system for every address of a name.

    Raises:
        OSError: there is none.
    """
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def resolve_in_time(host: str, resolver: Resolver, deadline: Deadline) -> Sequence[str]:
    """Ask a resolver once, within the deadline.

    The system's resolver knows no time-out, so it is asked in a thread, which is left behind when it takes too long.

    Raises:
        ExchangeFailed: there is no address, or no reply in time.
    """
    answers: SimpleQueue[Sequence[str]] = SimpleQueue()

    def resolve_and_report() -> None:
        try:
            answers.put(resolver(host))
        except (OSError, UnicodeError):
            answers.put(())

    Thread(target=resolve_and_report, daemon=True).start()
    try:
        found = answers.get(timeout=deadline.seconds_left())
    except Empty:
        raise ExchangeFailed(Failure.TIMEOUT) from None
    if not found:
        raise ExchangeFailed(Failure.UNKNOWN_HOST)
    return found


def connect_to_any(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of the addresses that accepts.

    Raises:
        ExchangeFailed: none of them does, in time.
    """
    failure = Failure.CONNECTION
    for address in addresses[:MAX_ADDRESSES]:
        try:
            connected = socket.create_connection((address, port), deadline.seconds_left())
        except OSError as error:
            failure = _classify_socket_error(error)
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    raise ExchangeFailed(failure)


def start_tls(plain: socket.socket, host: str, context: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    """Start TLS with a peer that proves to be `host`; close the plain socket if that fails.

    Raises:
        ExchangeFailed: no such proof, no TLS, or not in time.
    """
    try:
        plain.settimeout(deadline.seconds_left())
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ExchangeFailed) as error:
        plain.close()
        raise ExchangeFailed(_classify_socket_error(error)) from error


@cache
def load_system_trust() -> ssl.SSLContext:
    """Load the certificate authorities of the system, once: it takes longer than a request."""
    context = httpx2.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _classify_socket_error(error: OSError | ExchangeFailed) -> Failure:
    if isinstance(error, ExchangeFailed):
        return error.failure
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    return Failure.TLS if isinstance(error, ssl.SSLError) else Failure.CONNECTION
