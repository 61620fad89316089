"""Heads of the hash chain, to be kept outside the database: a tail that was cut off shows (guarantees, G16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from events.models import ChainLink
from kernel import clock
from tenants.scoping import all_tenants


class ChainHead(NamedTuple):
    """The newest link of the chain at a moment."""

    position: int
    digest: str
    at: datetime


def read_newest_head() -> ChainHead | None:
    """Read the newest link as it is now; None while the chain is empty."""
    with all_tenants(reason="the hash chain runs over the whole journal"):
        last: ChainLink | None = ChainLink.objects.order_by("-position").first()
    return ChainHead(last.position, last.digest, clock.now()) if last else None


def find_missing_heads(heads: Sequence[ChainHead]) -> list[ChainHead]:
    """Find the heads that are no longer in the chain: it was cut off or rewritten."""
    with all_tenants(reason="verify the hash chain"):
        found = {
            position: digest
            for start in range(0, len(heads), MAX_POSITIONS_PER_QUERY)
            for position, digest in ChainLink.objects.filter(
                position__in=[head.position for head in heads[start : start + MAX_POSITIONS_PER_QUERY]]
            ).values_list("position", "digest")
        }
    return [head for head in heads if found.get(head.position) != head.digest]


MAX_POSITIONS_PER_QUERY = 500
"""Positions in one query."""
