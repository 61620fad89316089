"""Whose an address is."""

import pytest

from kernel.networks import network_of_address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
    ],
)
def test_an_ipv4_address_stands_for_itself_and_an_ipv6_address_for_its_64(address: str, network: str) -> None:
    assert network_of_address(address) == network
