"""The AsyncAPI document that is served and the one that was promised, and their messages as validators."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft7Validator, FormatChecker

from petstore.interfaces.asyncapi.document import build_asyncapi_document

Document = Mapping[str, Any]

PROMISED = Path(__file__).with_name("promised.yaml")
SITE = "http://localhost:8000"
FORMATS = FormatChecker(["date-time", "uuid"])


class Place(NamedTuple):
    """Where a message stands: its channel, and its key in it."""

    channel: str
    key: str


@cache
def promised_document() -> Document:
    loaded: Document = yaml.safe_load(PROMISED.read_text(encoding="utf-8"))
    return loaded


@cache
def served_document() -> Document:
    return build_asyncapi_document(SITE)


def resolve_reference(document: Document, node: Any) -> Any:
    """What a reference points at; anything else as it is."""
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def message_places(document: Document) -> Iterator[Place]:
    """The places of all messages."""
    for name, channel in document["channels"].items():
        for key in channel["messages"]:
            yield Place(name, key)


def message_at(document: Document, place: Place) -> Any:
    """The message object at a place."""
    return resolve_reference(document, document["channels"][place.channel]["messages"][place.key])


def payload_schema(document: Document, place: Place) -> Any:
    return message_at(document, place)["payload"]


def validator_at(document: Document, place: Place) -> Draft7Validator:
    """What holds payloads against the message at a place; dates and ids are looked at, too."""
    schema = {"allOf": [payload_schema(document, place)], "components": document["components"]}
    return Draft7Validator(schema, format_checker=FORMATS)


def operation_messages(document: Document, operation: Mapping[str, Any]) -> set[str]:
    """The keys of an operation's messages: all of its channel where it lists none."""
    listed = operation.get("messages")
    if listed is None:
        channel = resolve_reference(document, operation["channel"])
        return set(channel["messages"])
    return {reference["$ref"].rpartition("/")[2] for reference in listed}
