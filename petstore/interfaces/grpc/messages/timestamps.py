"""Moments as messages have them: whole seconds (contract, Ids and time)."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp


def set_timestamp(timestamp: Timestamp, moment: datetime) -> None:
    """Set a message's own timestamp to an aware datetime; to build one and hand it over costs three times as much."""
    timestamp.seconds = int(moment.timestamp())


def parse_timestamp(text: str) -> Timestamp:
    """Build the timestamp of an RFC 3339 time, as representations have it."""
    timestamp = Timestamp()
    timestamp.FromJsonString(text)
    return timestamp
