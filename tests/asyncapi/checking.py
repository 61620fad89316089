"""Holds every frame that a test sees against the AsyncAPI document: the test clients of all protocols call it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from jsonschema import Draft7Validator

from tests.asyncapi.documents import FORMATS, Place, message_at, operation_messages, served_document

Action = Literal["send", "receive"]
"""As the document sees it: the store sends what a test hears."""


def require_described_message(channel: str, action: Action, name: str, payload: object) -> None:
    """Fail where the document allows no such message on the channel.

    Args:
        channel: its name in the document.
        name: the frame's `type`, the event's name.
    """
    faults = find_message_faults(channel, action, name, payload)
    assert faults == [], f"{channel} is not to {action} this {name}: {faults} {payload}"


def find_message_faults(channel: str, action: Action, name: str, payload: object) -> list[str]:
    """What about a message is not as the document says."""
    validators = _list_validators(channel, action, name)
    if not validators:
        return ["there is no such message"]
    return [f"{error.json_path}: {error.message}" for one in validators for error in one.iter_errors(payload)]


@cache
def _list_validators(channel: str, action: Action, name: str) -> list[Draft7Validator]:
    document = served_document()
    places = [Place(channel, key) for key in sorted(_list_keys(channel, action))]
    payloads = [message["payload"] for place in places if (message := message_at(document, place))["name"] == name]
    schemas = {name: _closed(schema) for name, schema in document["components"]["schemas"].items()}
    components = {"components": {"schemas": schemas}}
    return [Draft7Validator({**_closed(one), **components}, format_checker=FORMATS) for one in payloads]


def _list_keys(channel: str, action: Action) -> Iterator[str]:
    for operation in served_document()["operations"].values():
        if (operation["channel"]["$ref"], operation["action"]) == (f"#/channels/{channel}", action):
            yield from operation_messages(served_document(), operation)


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that takes no member that it does not name: a frame has nothing that is not documented."""
    properties = schema.get("properties")
    if properties is None:
        return {"allOf": [schema]} if "$ref" in schema else dict(schema)
    closed = {name: _closed(inner) for name, inner in properties.items()}
    return {**schema, "properties": closed, "additionalProperties": False}
