"""The newest link of the hash chain, to be kept outside the database: so a tail that was cut off shows (G16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from events.models import Seal
from kernel import clock
from tenants.scoping import all_tenants


class Head(NamedTuple):
    """The newest link of the chain at a moment."""

    position: int
    digest: str
    at: datetime


def newest_head() -> Head | None:
    """The newest link as it is now; None while the chain is empty."""
    with all_tenants(reason="the hash chain runs over the whole journal"):
        last: Seal | None = Seal.objects.order_by("-position").first()
    return Head(last.position, last.digest, clock.now()) if last else None


def missing_heads(heads: Sequence[Head]) -> list[Head]:
    """Those that the chain has no longer: it is shorter now, or another."""
    with all_tenants(reason="verify the hash chain"):
        found = {
            position: digest
            for start in range(0, len(heads), _AT_ONCE)
            for position, digest in Seal.objects.filter(
                position__in=[head.position for head in heads[start : start + _AT_ONCE]]
            ).values_list("position", "digest")
        }
    return [head for head in heads if found.get(head.position) != head.digest]


_AT_ONCE = 500
"""Positions in one query."""
