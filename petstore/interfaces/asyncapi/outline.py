"""The outline of the AsyncAPI document for its page: channels, their messages and the members of these."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from petstore.interfaces.asyncapi.parts import Schema

_KINDS: Final = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
_FORMATS: Final = {"uuid": "id", "date-time": "moment", "uri": "URI"}
_MARKED: Final = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*")
_DIRECTIONS: Final = {"receive": "You send", "send": "The store sends"}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence.

    Attributes:
        mark: the HTML element that it is in; empty for none.
    """

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a payload.

    Attributes:
        name: dotted where it is nested: `messages[].text`.
        kind: what its value may be, in words.
    """

    name: str
    kind: str
    is_required: bool
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class MessageCard:
    """A message as the page shows it.

    Attributes:
        anchor: its place in the page.
        direction: of `send` and `receive`, as the store sees it.
        examples: JSON texts.
    """

    name: str
    anchor: str
    direction: str
    sender: str
    spans: list[Span]
    rows: list[MemberRow]
    examples: list[str]


@dataclass(frozen=True, slots=True)
class ChannelSection:
    """A channel as the page shows it.

    Attributes:
        addresses: where it is, with the server; its address alone where it has no server.
        facts: of its operations, such as the quality of service.
    """

    name: str
    title: str
    addresses: list[str]
    paragraphs: list[list[Span]]
    facts: list[str]
    cards: list[MessageCard]


@dataclass(frozen=True, slots=True)
class Outline:
    """The document as the page shows it."""

    title: str
    paragraphs: list[list[Span]]
    sections: list[ChannelSection]


def outline_document(document: Schema) -> Outline:
    """Outline the document for its page."""
    reader = _Reader(document)
    sections = [reader.outline_channel(name) for name in document["channels"]]
    return Outline(document["info"]["title"], _split_paragraphs(document["info"]["description"]), sections)


class _Reader:
    """Reads a document whose references are its own."""

    def __init__(self, document: Schema) -> None:
        self._document = document

    def outline_channel(self, name: str) -> ChannelSection:
        channel = self._document["channels"][name]
        cards = [
            self._outline_message(name, key, operation["action"])
            for operation in self._list_operations(name)
            for key in self._list_message_keys(channel, operation)
        ]
        return ChannelSection(
            name=name,
            title=channel["title"],
            addresses=list(self._list_addresses(channel)),
            paragraphs=_split_paragraphs(channel["description"]),
            facts=[fact for operation in self._list_operations(name) for fact in _list_facts(operation)],
            cards=cards,
        )

    def _list_operations(self, channel: str) -> list[Schema]:
        place = f"#/channels/{channel}"
        return [one for one in self._document["operations"].values() if one["channel"]["$ref"] == place]

    @staticmethod
    def _list_message_keys(channel: Schema, operation: Schema) -> list[str]:
        listed = operation.get("messages")
        return list(channel["messages"]) if listed is None else [one["$ref"].rpartition("/")[2] for one in listed]

    def _list_addresses(self, channel: Schema) -> Iterator[str]:
        for reference in channel.get("servers", ()):
            server = self._resolve(reference)
            separator = "" if str(channel["address"]).startswith("/") else "/"
            place = f"{server['host']}{server.get('pathname', '')}"
            yield f"{server['protocol']}://{place}{separator}{channel['address']}"

    def _outline_message(self, channel: str, key: str, action: str) -> MessageCard:
        message = self._resolve(self._document["channels"][channel]["messages"][key])
        return MessageCard(
            name=message["name"],
            anchor=f"{channel}-{key}",
            direction=action,
            sender=_DIRECTIONS[action],
            spans=_split_spans(message.get("summary", "")),
            rows=list(self._list_members(self._resolve(message["payload"]))),
            examples=[_write_json(example["payload"]) for example in message.get("examples", ())],
        )

    def _list_members(self, schema: Schema, before: str = "") -> Iterator[MemberRow]:
        required = schema.get("required", ())
        for name, given in schema.get("properties", {}).items():
            member = self._resolve(given)
            path = f"{before}{name}"
            description = str(given.get("description") or "")
            yield MemberRow(path, self._name_kind(member), name in required, _split_spans(description))
            yield from self._list_inner_members(member, path)

    def _list_inner_members(self, member: Schema, path: str) -> Iterator[MemberRow]:
        for choice in member.get("oneOf", [member]):
            inner = self._resolve(choice)
            if inner.get("type") == "array":
                yield from self._list_inner_members(self._resolve(inner["items"]), f"{path}[]")
            else:
                yield from self._list_members(inner, f"{path}.")

    def _name_kind(self, schema: Schema) -> str:
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return " · ".join("null" if value is None else str(value) for value in schema["enum"])
        if "oneOf" in schema:
            return " or ".join(self._name_kind(self._resolve(choice)) for choice in schema["oneOf"])
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return " or ".join(self._name_plain_kind(kind, schema) for kind in kinds)

    def _name_plain_kind(self, kind: str, schema: Schema) -> str:
        if kind == "array":
            return f"list of {self._name_kind(self._resolve(schema['items']))}"
        if kind == "string" and "format" in schema:
            form = str(schema["format"])
            return _FORMATS.get(form, form)
        limits = f" of {schema['minLength']} to {schema['maxLength']}" if "maxLength" in schema else ""
        return f"{_KINDS.get(kind, kind)}{limits}"

    def _resolve(self, node: Mapping[str, Any]) -> Schema:
        found: Any = node
        while "$ref" in found:
            steps = found["$ref"].removeprefix("#/").split("/")
            found = self._document
            for step in steps:
                found = found[step]
        return dict(found)


def _list_facts(operation: Schema) -> Iterator[str]:
    binding = operation.get("bindings", {}).get("mqtt")
    if binding:
        kept = (
            f"kept for {binding['messageExpiryInterval'] // 86400} days" if "messageExpiryInterval" in binding else ""
        )
        yield ", ".join(
            filter(None, (f"QoS {binding['qos']}", "retained" if binding["retain"] else "not retained", kept))
        )


def _split_paragraphs(text: str) -> list[list[Span]]:
    return [_split_spans(" ".join(paragraph.split())) for paragraph in text.split("\n\n") if paragraph.strip()]


def _split_spans(text: str) -> list[Span]:
    spans, end = [], 0
    for found in _MARKED.finditer(text):
        mark = str(found.lastgroup)
        spans += [Span(text[end : found.start()], ""), Span(found[mark], mark)]
        end = found.end()
    return [span for span in (*spans, Span(text[end:], "")) if span.text]


def _write_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
