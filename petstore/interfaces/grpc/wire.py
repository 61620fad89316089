"""Messages of the wire, read strictly (contract, gRPC)."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from kernel.errors import DomainError

_M = TypeVar("_M", bound=Message)


class MalformedMessage(DomainError):
    """The bytes are no message of this method."""

    code = "malformed_message"
    title = "The bytes are no message of this method, or a text in them is not UTF-8"


def parse_message(kind: type[_M], raw: bytes) -> _M:
    """Parse the bytes of a request; raises MalformedMessage."""
    try:
        return kind.FromString(raw)
    except DecodeError as error:
        raise MalformedMessage from error
