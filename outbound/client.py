"""The one way out: what tenants make us call, and the wall that keeps them from calling what is ours (guarantees, G8).

A name is resolved once, every address it has must be public, and the connection goes to one of those addresses. So
nothing can change between the check and the call. There is no redirect, no proxy, no second reading of the URL.
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
    Failure,
    Resolver,
    Stream,
    Unanswered,
    dial,
    look_up,
    public_trust,
    resolve,
    secure,
)
from outbound.targets import Target, parse_target
from webhooks.errors import HttpsRequired, UnsafeUrl

__all__ = ("Answer", "Target", "parse_target", "post")

TOTAL_SECONDS = 5.0
"""From the look-up to the answer's last byte (contract, Webhooks)."""
CONNECT_SECONDS = 2.0
"""For the look-up, and again for the connection."""
KEPT_CHARACTERS = 1000
LONGEST_WAIT = 24 * 3600
"""Seconds that a `Retry-After` can ask for."""

_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    Attributes:
        status: the answer's status; None if none arrived.
        error: why there is no whole answer, one of `Failure`; empty if there is one, whatever its status.
        body: the beginning of the answer, printable, for staff.
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
        """Any 2xx (contract, Webhooks), also where the rest of the answer was cut off: the receiver has the request."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110, 15.3


def post(  # noqa: PLR0913  # the parts of its request
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    resolver: Resolver = resolve,
    tls: ssl.SSLContext | None = None,
    before_connecting: Callable[[], object] = int,
) -> Answer:
    """POST once, behind the wall. It takes 5 seconds at most and never raises for what the other side does.

    A process that is frozen in the middle of it sends nothing afterwards: the 5 seconds are over then.

    Args:
        url: checked anew, as every address behind it.
        headers: besides Host, User-Agent, Content-Length and the like, which are set here.
        resolver: knows the addresses of a name; raises OSError if there are none.
        tls: whom to trust; the system's certificate authorities by default.
        before_connecting: called when the addresses are known; what it raises ends the call and is raised here.
    """
    deadline = Deadline(TOTAL_SECONDS)
    try:
        target = parse_target(url)
        found = _checked_addresses(target, resolver, deadline)
        before_connecting()
        with closing(_connected(target, found, tls, deadline)) as stream:
            return _exchange(stream, _request(target, body, headers), deadline)
    except HttpsRequired:
        failure = Failure.HTTPS_REQUIRED
    except UnsafeUrl:
        failure = Failure.REFUSED_ADDRESS
    except Unanswered as unanswered:
        failure = unanswered.failure
    except httpcore2.RemoteProtocolError:
        failure = Failure.PROTOCOL
    return Answer(None, failure.value, "", deadline.spent_ms(), None)


def _connected(target: Target, found: Sequence[str], tls: ssl.SSLContext | None, deadline: Deadline) -> Stream:
    connection = dial(found, target.port, deadline.within(CONNECT_SECONDS))
    if target.scheme == "https":
        connection = secure(connection, target.host, tls or public_trust(), deadline)
    return Stream(connection, deadline)


def _checked_addresses(target: Target, resolver: Resolver, deadline: Deadline) -> Sequence[str]:
    """The only look-up there is; one bad address spoils them all."""
    if ip_policy.parse(target.host) is not None:
        return (target.host,)
    found = look_up(target.host, resolver, deadline.within(CONNECT_SECONDS))
    if not target.is_allowed and not all(map(_is_public, found)):
        raise Unanswered(Failure.REFUSED_ADDRESS)
    return found


def _is_public(text: str) -> bool:
    address = ip_policy.parse(text)
    return address is not None and ip_policy.is_public(address)


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> httpcore2.Request:
    own = {
        "Host": target.authority,
        "User-Agent": "Petstore",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    return httpcore2.Request("POST", url, headers=[*own.items(), *headers.items()], content=body)


def _exchange(stream: Stream, request: httpcore2.Request, deadline: Deadline) -> Answer:
    response = httpcore2.HTTP11Connection(request.url.origin, stream).handle_request(request)
    content, error = _content(response)
    if 300 <= response.status < 400:  # noqa: PLR2004  # RFC 9110, 15.4
        error = Failure.REDIRECT.value
    return Answer(response.status, error, _for_staff(content), deadline.spent_ms(), _retry_after(response.headers))


def _content(response: httpcore2.Response) -> tuple[bytes, str]:
    """What can be had of the body, and why there is no more of it."""
    content = bytearray()
    try:
        for part in response.iter_stream():
            content += part
    except Unanswered as unanswered:
        return bytes(content), unanswered.failure.value
    except httpcore2.RemoteProtocolError:
        return bytes(content), Failure.PROTOCOL.value
    return bytes(content), ""


def _for_staff(content: bytes) -> str:
    text = content[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:KEPT_CHARACTERS]


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Seconds, or the seconds until a date (RFC 9110, 10.2.3), at most a day; None if there are none to be read."""
    text = next((value.decode("latin-1") for name, value in headers if name.lower() == b"retry-after"), "")
    if _SECONDS.fullmatch(text):
        return min(int(text), LONGEST_WAIT)
    date = parse_http_date_safe(text)
    if date is None:
        return None
    return min(max(date - int(clock.now().timestamp()), 0), LONGEST_WAIT)
