"""The one clock. Stored and shown times are the same: UTC, whole seconds (contract, Ids and time)."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def format_rfc3339(moment: datetime) -> str:
    """Write an aware datetime as `2025-12-21T13:56:23Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='seconds')[:-6]}Z"
