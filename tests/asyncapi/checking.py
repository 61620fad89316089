"""Holds every frame that a test sees against the AsyncAPI document: the test clients of all protocols call it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from jsonschema import Draft7Validator

from tests.asyncapi.documents import FORMATS, Document, Place, message_at, operation_messages, served_document

Action = Literal["send", "receive"]
"""As the document sees it: the store sends what a test hears."""
PARAMETER = re.compile(r"\{\w+\}")


def require_described_message(channel: str, action: Action, name: str, payload: object) -> None:
    """Fail where the document allows no such message on the channel.

    Args:
        channel: its name in the document.
        name: the frame's `type`, the event's name.
    """
    faults = find_message_faults(channel, action, name, payload)
    assert faults == [], f"{channel} is not to {action} this {name}: {faults} {payload}"


def require_described_publication(topic: str, name: str, qos: int, payload: object) -> None:
    """Fail where the document allows no such message on the topic, or with another quality of service.

    Args:
        topic: with whatever comes before the address of its channel.
    """
    channels = [name for name, pattern in _list_topic_patterns() if pattern.search(topic)]
    assert len(channels) == 1, f"{topic} is the topic of {channels}"
    require_described_message(channels[0], "send", name, payload)
    documented = next(operation for operation in _list_operations(channels[0], "send"))
    assert documented["bindings"]["mqtt"]["qos"] == qos, topic


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


@cache
def _list_topic_patterns() -> list[tuple[str, re.Pattern[str]]]:
    channels = served_document()["channels"].items()
    addresses = {name: one["address"] for name, one in channels if {"$ref": "#/servers/mqtt"} in one.get("servers", ())}
    return [
        (name, re.compile(rf"(?:^|/){PARAMETER.sub('[0-9a-f-]{36}', address)}$")) for name, address in addresses.items()
    ]


def _list_keys(channel: str, action: Action) -> Iterator[str]:
    for operation in _list_operations(channel, action):
        yield from operation_messages(served_document(), operation)


def _list_operations(channel: str, action: Action) -> Iterator[Document]:
    for operation in served_document()["operations"].values():
        if (operation["channel"]["$ref"], operation["action"]) == (f"#/channels/{channel}", action):
            yield operation


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that takes no member that it does not name: a frame has nothing that is not documented."""
    properties = schema.get("properties")
    if properties is None:
        return {"allOf": [schema]} if "$ref" in schema else dict(schema)
    closed = {name: _closed(inner) for name, inner in properties.items()}
    return {**schema, "properties": closed, "additionalProperties": False}
