"""The messages of `graphql-transport-ws`, as clients send them (contract, GraphQL)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rest_framework.exceptions import ParseError

from petstore.interfaces.representation.json_text import parse_strict_json

MAX_ID: Final = 128
_PAYLOAD_TYPES: Final[Mapping[str, type]] = {"operationName": str, "variables": dict, "extensions": dict}


class Malformed(Exception):
    """A message that is none of the protocol's."""


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """The first message: who calls.

    Attributes:
        authorization: as the header of that name has it.
        tenant: as X-Tenant-ID has it.
    """

    authorization: str | None
    tenant: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """A question whether we are there.

    Attributes:
        payload: given back in the answer.
    """

    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or a sign of life that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The start of an operation.

    Attributes:
        payload: what a POST has as its body.
    """

    id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Complete:
    """The end of an operation, whose results the client no longer wants."""

    id: str


ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_client_message(text: str) -> ClientMessage:
    """Read a message; raises Malformed, whose text says why."""
    try:
        message = parse_strict_json(text.encode())
    except ParseError as error:
        raise Malformed(str(error.detail)) from error
    if not isinstance(message, dict):
        raise Malformed("A message is an object.")
    kind = message.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise Malformed("The message has no type that clients send.")
    return reader(message)


def _read_connection_init(message: Mapping[str, Any]) -> ConnectionInit:
    payload = _read_optional_payload(message) or {}
    return ConnectionInit(_read_parameter(payload, "authorization"), _read_parameter(payload, "x-tenant-id"))


def _read_parameter(payload: Mapping[str, Any], name: str) -> str | None:
    """Return a parameter, whose name may be spelled as headers may: `Authorization` is `authorization`."""
    found = {value for key, value in payload.items() if key.lower() == name and _is_text_or_null(value)}
    given = found - {None}
    if len(given) > 1 or any(key.lower() == name and not _is_text_or_null(value) for key, value in payload.items()):
        raise Malformed(f"The payload has to say one text as {name}.")
    return given.pop() if given else None


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _read_ping(message: Mapping[str, Any]) -> Ping:
    return Ping(_read_optional_payload(message))


def _read_pong(message: Mapping[str, Any]) -> Pong:
    _read_optional_payload(message)
    return Pong()


def _read_subscribe(message: Mapping[str, Any]) -> Subscribe:
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise Malformed("The payload of subscribe needs a query.")
    for name, kind in _PAYLOAD_TYPES.items():
        if not isinstance(payload.get(name), kind | None):
            raise Malformed(f"The payload of subscribe has no such {name}.")
    return Subscribe(_read_id(message), payload)


def _read_complete(message: Mapping[str, Any]) -> Complete:
    return Complete(_read_id(message))


def _read_id(message: Mapping[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not 0 < len(operation_id) <= MAX_ID:
        raise Malformed(f"An id is a text of 1 to {MAX_ID} characters.")
    return operation_id


def _read_optional_payload(message: Mapping[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if not isinstance(payload, dict | None):
        raise Malformed("A payload is an object.")
    return payload


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], ClientMessage]]] = {
    "connection_init": _read_connection_init,
    "ping": _read_ping,
    "pong": _read_pong,
    "subscribe": _read_subscribe,
    "complete": _read_complete,
}
