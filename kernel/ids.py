"""Identifiers: UUIDv7, so that ids sort by birth (RFC 9562)."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils
import uuid_utils.compat

CANONICAL = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""A UUID as text, in either case; no braces, URNs or bare hex."""

VERSION = 7
SECONDS_A_DAY = 86_400
ENTROPY_BITS = 74
"""The random bits of a UUIDv7."""

_WHOLE = re.compile(rf"{CANONICAL}\Z")


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid_utils.compat.uuid7()


def new_id_text() -> str:
    """Return a new UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def id_born_at(moment: datetime, entropy: int) -> UUID:
    """Make the UUIDv7 of a past moment, for imported and demo rows.

    Args:
        moment: aware birth time; its milliseconds go into the id.
        entropy: the `ENTROPY_BITS` random bits; the same pair gives the same id.
    """
    milliseconds = int(moment.timestamp() * 1000)
    random_a, random_b = (entropy >> 62) & 0xFFF, entropy & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (random_a << 64) | (0b10 << 62) | random_b)


def read_birth_seconds(row_id: UUID) -> float:
    """Return when a UUIDv7 was made, in Unix seconds; 0 for other ids, which are taken for old."""
    return (row_id.int >> 80) / 1000 if row_id.version == VERSION else 0.0


def find_first_id_since(row_ids: Collection[UUID]) -> UUID:
    """Return the least id that may have been made since the oldest of these, where no clock is a day behind."""
    seconds = min(map(read_birth_seconds, row_ids), default=0.0) - SECONDS_A_DAY
    return id_born_at(datetime.fromtimestamp(max(seconds, 0.0), UTC), 0)


def parse_id(text: str) -> UUID | None:
    """Return the UUID in its canonical spelling (either case), or None; braces, URNs and bare hex are refused."""
    return UUID(text) if _WHOLE.match(text) else None
