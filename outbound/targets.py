"""Targets: URLs that callers give, read once and checked (guarantees, G8)."""

import re
from dataclasses import dataclass

import httpx2
from django.conf import settings

from kernel.errors import FieldFault
from outbound import ip_policy
from outbound.errors import HttpsRequired, UnsafeUrl

MAX_URL = 2000
PORTS = frozenset({80, 443})

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,58}}[a-z0-9])")
"""A name with a dot, and with no number at its end: `2130706433`, `0x7f.1` and `localhost` are no public names."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts.

    Attributes:
        host: in lower-case ASCII, without brackets.
        path: with the query, percent-encoded.
        is_allowed: OUTBOUND_ALLOW names it, wherever its address may be.
    """

    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool

    @property
    def host_and_port(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target_url(url: str, *, field: str = "url") -> Target:
    """Parse and check a URL that a caller gives. Its name is not resolved: `client.post_once` does that each time.

    Args:
        url: absolute, http or https, at most 2000 printable characters; an international host name in either form.
        field: the caller's name for it.

    Raises:
        UnsafeUrl: it cannot be read, or leads where no request of ours may go. It never repeats the URL.
        HttpsRequired: it is http://, in production.
    """
    target = _parse_absolute_url(url, field)
    if target.is_allowed:
        return target
    if target.scheme != "https" and settings.OUTBOUND_HTTPS_ONLY:
        message = "Give an https:// URL: others could read what is sent over http://."
        raise HttpsRequired(message, faults=(FieldFault(field, message, HttpsRequired.code),))
    _check_public_host(target, field)
    return target


def _check_public_host(target: Target, field: str) -> None:
    literal = ip_policy.parse_ip_address(target.host)
    if target.port not in PORTS:
        raise _unsafe_url_error(field, "The port must be 80 or 443.")
    if literal is None and _NAME.fullmatch(target.host) is None:
        raise _unsafe_url_error(field, "The host must be a public name, or an address in its usual form.")
    if literal is not None and not ip_policy.is_public_address(literal):
        raise _unsafe_url_error(field, "The host must have a public address.")


def _unsafe_url_error(field: str, message: str) -> UnsafeUrl:
    return UnsafeUrl(message, faults=(FieldFault(field, message, UnsafeUrl.code),))


def _parse_absolute_url(url: str, field: str) -> Target:
    if len(url) > MAX_URL:
        raise _unsafe_url_error(field, f"At most {MAX_URL} characters.")
    if not url.isprintable() or " " in url or "#" in url:
        raise _unsafe_url_error(field, "Spaces, control characters and fragments are not allowed.")
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise _unsafe_url_error(field, "This is not a URL.") from None
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.raw_host:
        raise _unsafe_url_error(field, "An absolute http or https URL is expected.")
    if parsed.userinfo:
        raise _unsafe_url_error(field, "A user name or password is not allowed.")
    host = parsed.raw_host.decode("ascii")
    host = str(ip_policy.parse_ip_address(host) or host)
    port = _DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    allowed = (host, port) in settings.OUTBOUND_ALLOW
    return Target(parsed.scheme, host, port, parsed.raw_path.decode("ascii"), allowed)
