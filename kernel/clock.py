"""The one clock. Stored and shown times are the same: UTC, whole seconds (contract, Ids and time)."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, without a fraction of a second."""
    return datetime.now(UTC).replace(microsecond=0)


def format_rfc3339(moment: datetime) -> str:
    """`2025-12-21T13:56:23Z` for an aware datetime."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='seconds')[:-6]}Z"
