"""The IP address of a request's client (guarantees, G15)."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

LOOPBACK = IPv4Address("127.0.0.1")
"""The address of a peer that has none: a socket of this machine."""


def read_client_address(request: HttpRequest) -> str:
    """Return the peer's address or, behind TRUSTED_PROXIES, the address that they report in X-Forwarded-For."""
    return find_client_address(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))


def find_client_address(peer: str, forwarded: str) -> str:
    """Return the peer's address or, behind TRUSTED_PROXIES, the one that they report.

    Args:
        forwarded: X-Forwarded-For; empty without one.
    """
    address = _parse_ip_address(peer) or LOOPBACK
    if not settings.TRUSTED_PROXIES:
        return _spell_ip_address(address)
    hops = forwarded.split(",")
    while hops and _is_trusted_proxy(address):
        before = _parse_ip_address(hops.pop())
        if before is None:
            break
        address = before
    return str(address)


@lru_cache(maxsize=4096)
def _parse_ip_address(text: str) -> Address | None:
    """Parse an address to its one form: an IPv4 address in IPv6's form is that IPv4 address."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address


@lru_cache(maxsize=4096)
def _spell_ip_address(address: Address) -> str:
    return str(address)


def _is_trusted_proxy(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
