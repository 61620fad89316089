"""The directory of tenants: which cluster has which."""

from typing import NamedTuple


class Tenants(NamedTuple):
    """The tenants of one cluster, by their numbers.

    Attributes:
        first: the number of the first.
        number: how many there are.
    """

    first: int
    number: int


def spread_tenants(tenants: int, clusters: int) -> list[Tenants]:
    """Give each cluster its share: numbers without gaps, from which pgbench can draw."""
    share = tenants // clusters
    return [Tenants(number * share, share) for number in range(clusters)]
