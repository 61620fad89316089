"""The network that an address belongs to."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

SUBSCRIBER_PREFIX = 64
"""The least that an IPv6 subscriber gets, with any number of addresses in it (RFC 6177)."""


@lru_cache(maxsize=4096)
def network_of_address(address: str) -> str:
    """Return the network of whoever has the address: an IPv4 address itself, of an IPv6 address its /64.

    Args:
        address: IPv4 or IPv6, as `ipaddress` reads it; an IPv4 address in IPv6's form is that IPv4 address.
    """
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, SUBSCRIBER_PREFIX), strict=False))
