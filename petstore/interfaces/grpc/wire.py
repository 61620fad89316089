"""Messages of the wire, read strictly (contract, gRPC)."""

from typing import TypeVar
from uuid import UUID

from google.protobuf.message import DecodeError, Message

from kernel import ids
from kernel.errors import DomainError, NotFound

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


def require_order_id(text: str) -> UUID:
    """Parse the id that says which order is meant; raises NotFound for what is no id."""
    found = ids.parse_id(text)
    if found is None:
        raise NotFound
    return found
