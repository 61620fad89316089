"""The safe HTTP client: the only way out to URLs that callers give us (guarantees, G8).

A name is resolved once, every address it has must be public, and the connection goes to one of those addresses, so
nothing can change between the check and the call. It follows no redirect, uses no proxy and reads the URL once.
"""

import re
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import httpcore2
from django.utils.http import parse_http_date_safe

from kernel import clock
from outbound import ip_policy
from outbound.connections import (
    Deadline,
    ExchangeFailed,
    Failure,
    Resolver,
    Stream,
    connect_to_any,
    load_system_trust,
    resolve_host,
    resolve_in_time,
    start_tls,
)
from outbound.errors import HttpsRequired, UnsafeUrl
from outbound.targets import Target, parse_target_url

__all__ = ("Response", "Target", "parse_target_url", "post_once")

TOTAL_SECONDS = 5.0
"""Time from the look-up to the response's last byte (contract, Webhooks)."""
CONNECT_SECONDS = 2.0
"""Time for the look-up, and again for the connection."""
MAX_EXCERPT = 1000
"""Characters of a response that are kept for staff."""
MAX_RETRY_AFTER = 24 * 3600
"""Seconds that a `Retry-After` can ask for."""

_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Response:
    """The outcome of a request.

    Attributes:
        status: the response's status; None if none arrived.
        error: the reason why there is no whole response, one of `Failure`; empty if there is one, whatever its status.
        body: the beginning of the response, printable, for staff.
        duration_ms: from the look-up to the end, in milliseconds.
        retry_after: seconds that the receiver asks us to wait.
    """

    status: int | None
    error: str
    body: str
    duration_ms: int
    retry_after: int | None

    @property
    def is_success(self) -> bool:
        """Any 2xx (contract, Webhooks), also where the rest was cut off: the receiver has the request."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110, 15.3


def post_once(  # noqa: PLR0913  # the parts of its request
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    resolver: Resolver = resolve_host,
    tls: ssl.SSLContext | None = None,
    before_connecting: Callable[[], object] = int,
) -> Response:
    """POST once to a checked address, within 5 seconds; never raises for what the other side does.

    A process that is frozen in the middle of it sends nothing afterwards: the 5 seconds are over then.

    Args:
        url: checked anew, as is every address behind it.
        headers: besides Host, User-Agent, Content-Length and the like, which are set here.
        resolver: knows the addresses of a name; raises OSError if there are none.
        tls: certificate authorities to trust; the system's by default.
        before_connecting: called when the addresses are known; what it raises ends the call and is raised here.
    """
    deadline = Deadline(TOTAL_SECONDS)
    try:
        target = parse_target_url(url)
        found = _resolve_public_addresses(target, resolver, deadline)
        before_connecting()
        with closing(_open_checked_stream(target, found, tls, deadline)) as stream:
            return _send_and_receive(stream, _build_request(target, body, headers), deadline)
    except HttpsRequired:
        failure = Failure.HTTPS_REQUIRED
    except UnsafeUrl:
        failure = Failure.REFUSED_ADDRESS
    except ExchangeFailed as error:
        failure = error.failure
    except httpcore2.RemoteProtocolError:
        failure = Failure.PROTOCOL
    return Response(None, failure.value, "", deadline.elapsed_ms(), None)


def _open_checked_stream(
    target: Target, found: Sequence[str], tls: ssl.SSLContext | None, deadline: Deadline
) -> Stream:
    connection = connect_to_any(found, target.port, deadline.shortened_to(CONNECT_SECONDS))
    if target.scheme == "https":
        connection = start_tls(connection, target.host, tls or load_system_trust(), deadline)
    return Stream(connection, deadline)


def _resolve_public_addresses(target: Target, resolver: Resolver, deadline: Deadline) -> Sequence[str]:
    """Resolve the host once and refuse it if any of its addresses is not public."""
    if ip_policy.parse_ip_address(target.host) is not None:
        return (target.host,)
    found = resolve_in_time(target.host, resolver, deadline.shortened_to(CONNECT_SECONDS))
    if not target.is_allowed and not all(map(_is_public_text, found)):
        raise ExchangeFailed(Failure.REFUSED_ADDRESS)
    return found


def _is_public_text(text: str) -> bool:
    address = ip_policy.parse_ip_address(text)
    return address is not None and ip_policy.is_public_address(address)


def _build_request(target: Target, body: bytes, headers: Mapping[str, str]) -> httpcore2.Request:
    own = {
        "Host": target.host_and_port,
        "User-Agent": "Petstore",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    return httpcore2.Request("POST", url, headers=[*own.items(), *headers.items()], content=body)


def _send_and_receive(stream: Stream, request: httpcore2.Request, deadline: Deadline) -> Response:
    response = httpcore2.HTTP11Connection(request.url.origin, stream).handle_request(request)
    content, error = _read_response_content(response)
    if 300 <= response.status < 400:  # noqa: PLR2004  # RFC 9110, 15.4
        error = Failure.REDIRECT.value
    return Response(
        response.status,
        error,
        _make_printable_excerpt(content),
        deadline.elapsed_ms(),
        _parse_retry_after(response.headers),
    )


def _read_response_content(response: httpcore2.Response) -> tuple[bytes, str]:
    """Read as much of the body as there is, and say why there is no more of it."""
    content = bytearray()
    try:
        for part in response.iter_stream():
            content += part
    except ExchangeFailed as error:
        return bytes(content), error.failure.value
    except httpcore2.RemoteProtocolError:
        return bytes(content), Failure.PROTOCOL.value
    return bytes(content), ""


def _make_printable_excerpt(content: bytes) -> str:
    text = content[: 4 * MAX_EXCERPT].decode("utf-8", "replace")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_EXCERPT]


def _parse_retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Parse seconds, or a date, into seconds (RFC 9110, 10.2.3), at most a day; None if there is neither."""
    text = next((value.decode("latin-1") for name, value in headers if name.lower() == b"retry-after"), "")
    if _SECONDS.fullmatch(text):
        return min(int(text), MAX_RETRY_AFTER)
    date = parse_http_date_safe(text)
    if date is None:
        return None
    return min(max(date - int(clock.now().timestamp()), 0), MAX_RETRY_AFTER)
