"""Redirect URIs: which may be registered, and which of those sent match one (RFC 6749, 3.1.2; RFC 8252)."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

MAX_LENGTH: Final = 2000
_UNSAFE_CHARACTER: Final = re.compile(r"[^!-~]|[\"<>\\^`{|}]")
"""Neither visible ASCII nor of any use in a URI (RFC 3986, appendix A); browsers read a backslash as a slash."""
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PRIVATE_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
_AUTHORITY: Final = re.compile(r"//([^/?]*)")
_HOST: Final = re.compile(r"(?P<name>[^\[\]:]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>[0-9]+))?")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?((?:[/?].*)?)")
_LOOPBACK_HOSTS: Final = ("127.0.0.1", "[::1]")
_ANSWER_PARAMETER: Final = re.compile(r"[?&](?:code|state|iss|error|error_description|error_uri)(?=[=&]|$)")
_MAX_PORT: Final = 65535


def check_redirect_uri(uri: str, *, is_public: bool) -> str | None:
    """Return the sentence of what is wrong with a URI that is to be registered; None if it is fine.

    Fine are `https`, `http` on the loopback addresses, and, for a PUBLIC application, a private scheme with a dot such
    as `com.example.app:/callback` (RFC 8252, 7).
    """
    scheme = _SCHEME.match(uri)
    if not 1 <= len(uri) <= MAX_LENGTH:
        return f"Give a URI of 1 to {MAX_LENGTH} characters."
    if _UNSAFE_CHARACTER.search(uri) or _BAD_ESCAPE.search(uri):
        return "A redirect URI has no spaces, control characters, backslashes or letters beyond ASCII; encode them."
    if "#" in uri or "*" in uri:
        return "A redirect URI has no fragment (#) and no wildcard (*)."
    if scheme is None:
        return "Give a whole URI, such as https://app.example/callback."
    if _ANSWER_PARAMETER.search(uri):
        return "A redirect URI's query has none of code, state, iss and error: the answer adds these itself."
    return _find_scheme_fault(scheme[1], uri[scheme.end() :], is_public=is_public)


def matches_redirect_uri(given: str, registered: Iterable[str]) -> bool:
    """Compare a URI with the registered ones, byte for byte; only the port of a loopback address is free.

    An app on a desktop listens on whatever port is free at that moment (RFC 8252, 7.3).
    """
    wanted = _split_loopback_uri(given)
    return any(given == uri or (wanted is not None and wanted == _split_loopback_uri(uri)) for uri in registered)


def _find_scheme_fault(scheme: str, rest: str, *, is_public: bool) -> str | None:
    if scheme in ("https", "http"):
        return _find_web_fault(scheme, rest)
    if not _PRIVATE_SCHEME.fullmatch(scheme):
        return "Give an https URI, http on 127.0.0.1 or [::1], or a scheme of your own with a dot: com.example.app:/."
    if not is_public:
        return "Only a public application, an app on a device, may have a scheme of its own; give an https URI."
    authority = _AUTHORITY.match(rest)
    if not rest.strip("/") and rest != "/":
        return "Give something behind the scheme, such as com.example.app:/callback."
    return "A redirect URI has no user name or password in it." if authority and "@" in authority[1] else None


def _find_web_fault(scheme: str, rest: str) -> str | None:
    authority = _AUTHORITY.match(rest)
    if authority is None or not authority[1]:
        return "Give a whole URI, such as https://app.example/callback."
    if "@" in authority[1]:
        return "A redirect URI has no user name or password in it."
    host = _HOST.fullmatch(authority[1])
    if host is None or not _is_host(host["name"]):
        return "The host of the redirect URI is not one."
    if host["port"] is not None and not _is_port(host["port"]):
        return f"The port of the redirect URI is a number from 1 to {_MAX_PORT}."
    if scheme == "http" and host["name"] not in _LOOPBACK_HOSTS:
        return "http is for 127.0.0.1 and [::1] only, where an app on the same machine listens; give an https URI."
    return None


def _is_host(name: str) -> bool:
    if name.startswith("["):
        return _is_ip_address(name[1:-1])
    labels = name.removesuffix(".").split(".")
    if labels[-1].isdigit():  # read as an IPv4 address (WHATWG URL, 3.5)
        return _is_ip_address(name)
    return len(name) <= 253 and all(map(_LABEL.fullmatch, labels))  # noqa: PLR2004  # RFC 1035, 2.3.4


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_port(digits: str) -> bool:
    return not digits.startswith("0") and len(digits) <= len(str(_MAX_PORT)) and int(digits) <= _MAX_PORT


def _split_loopback_uri(uri: str) -> tuple[str, str] | None:
    """Return what a loopback URI has beside its port: what stands before it, and after it."""
    parts = _LOOPBACK.fullmatch(uri)
    return None if parts is None or not _is_port(parts[2] or "1") else (parts[1], parts[3])
