"""Moments as messages have them: whole seconds (contract, Ids and time)."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp


def build_timestamp(moment: datetime) -> Timestamp:
    """Build the timestamp of an aware datetime."""
    return Timestamp(seconds=int(moment.timestamp()))


def parse_timestamp(text: str) -> Timestamp:
    """Build the timestamp of an RFC 3339 time, as representations have it."""
    timestamp = Timestamp()
    timestamp.FromJsonString(text)
    return timestamp
