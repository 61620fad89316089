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
"""As many are read of an answer, its head included."""
MAX_ADDRESSES = 4
"""As many are tried of a name: it is no way to make us knock on a thousand doors."""

Resolver = Callable[[str], Sequence[str]]


class Failure(StrEnum):
    """Why there is no whole answer."""

    REFUSED_ADDRESS = "refused_address"
    HTTPS_REQUIRED = "https_required"
    UNKNOWN_HOST = "unknown_host"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"


class ExchangeFailed(Exception):
    """The exchange ends here, without a whole answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class Deadline:
    """A moment that many steps share; a socket's own time-out starts anew with every byte that drips in."""

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic()
        self._ends = self._started + seconds

    def seconds_left(self) -> float:
        """Seconds, more than 0.

        Raises:
            Unanswered: the moment has passed.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ExchangeFailed(Failure.TIMEOUT)
        return left

    def shortened_to(self, seconds: float) -> "Deadline":
        """A deadline for one step, which is not after the whole's."""
        return Deadline(min(seconds, self.seconds_left()))

    def elapsed_ms(self) -> int:
        """Milliseconds since the beginning."""
        return round((time.monotonic() - self._started) * 1000)


class Stream(httpcore2.NetworkStream):
    """A connected socket of which httpcore reads and writes no longer, and no more, than it may."""

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
    """The system's answer: every address of a name.

    Raises:
        OSError: there is none.
    """
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def resolve_in_time(host: str, resolver: Resolver, deadline: Deadline) -> Sequence[str]:
    """What a resolver says, asked once.

    The system's resolver knows no time-out, so it is asked in a thread, which is left behind when it takes too long.

    Raises:
        Unanswered: it knows no address, or does not say so in time.
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
    """A connection to the first of the addresses that takes one.

    Raises:
        Unanswered: none of them does, in time.
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
    """TLS with whoever proves to be `host`. The plain socket is closed if it fails.

    Raises:
        Unanswered: no such proof, no TLS, or not in time.
    """
    try:
        plain.settimeout(deadline.seconds_left())
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ExchangeFailed) as error:
        plain.close()
        raise ExchangeFailed(_classify_socket_error(error)) from error


@cache
def load_system_trust() -> ssl.SSLContext:
    """The certificate authorities of the system. Made once: it takes longer than a request."""
    context = httpx2.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _classify_socket_error(error: OSError | ExchangeFailed) -> Failure:
    if isinstance(error, ExchangeFailed):
        return error.failure
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    return Failure.TLS if isinstance(error, ssl.SSLError) else Failure.CONNECTION
