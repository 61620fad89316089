"""IP policy: requests go to global unicast addresses, and to none that lead back inside (guarantees, G8).

Python's `is_global` is no help: it is true for multicast, NAT64, 6to4 and `::127.0.0.1`, and changes between versions.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_INSIDE_V4 = tuple(
    IPv4Network(network)
    for network in (  # IANA IPv4 Special-Purpose Address Registry
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata, at an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")
_INSIDE_V6 = tuple(
    IPv6Network(network)
    for network in (  # IANA IPv6 Special-Purpose Address Registry
        "2001::/23",  # Teredo among others: an IPv4 address in disguise
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)


def parse_ip_address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address in its usual form; None for a name, and for `0x7f.1` and its like."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Check that an address belongs to a host on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE_V4)
    if address.scope_id is not None:
        return False
    return address in _UNICAST_V6 and not any(address in network for network in _INSIDE_V6)
