"""Parts of the AsyncAPI document: channels, their messages and operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Schema = dict[str, Any]
Action = Literal["send", "receive"]
"""As the store sees it: it sends what callers hear."""

WS_BINDING: Final = "0.1.0"
MQTT_BINDING: Final = "0.2.0"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of one or more channels.

    Attributes:
        component: its name among the components.
        name: what tells it apart on the wire: a frame's `type`, an event's name.
        examples: payloads by their names.
        headers: the schema of what is sent beside the payload.
    """

    component: str
    name: str
    payload: Schema
    summary: str = ""
    examples: Mapping[str, Any] = field(default_factory=dict)
    headers: Schema | None = None

    def describe_message(self) -> Schema:
        """Return the message object of AsyncAPI."""
        summary: Schema = {"summary": self.summary} if self.summary else {}
        examples = [{"name": name, "payload": payload} for name, payload in self.examples.items()]
        return {
            "name": self.name,
            **summary,
            **({"headers": self.headers} if self.headers else {}),
            "payload": self.payload,
            **({"examples": examples} if examples else {}),
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the store on a channel.

    Attributes:
        messages: their keys in the channel; None means all of them.
    """

    name: str
    action: Action
    summary: str
    messages: Sequence[str] | None = None
    bindings: Schema | None = None

    def describe_operation(self, channel: str) -> Schema:
        """Return the operation object of AsyncAPI."""
        place = f"#/channels/{channel}"
        listed = [{"$ref": f"{place}/messages/{key}"} for key in self.messages or ()]
        return {
            "action": self.action,
            "channel": {"$ref": place},
            "summary": self.summary,
            **({"messages": listed} if listed else {}),
            **({"bindings": self.bindings} if self.bindings else {}),
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """An address at which messages go to and fro.

    Attributes:
        address: None where whoever receives names it.
        servers: the names of the servers that have it.
        messages: by their keys.
        parameters: the descriptions of what stands in the address, by name.
    """

    name: str
    address: str | None
    title: str
    description: str
    servers: Sequence[str]
    messages: Mapping[str, Message]
    operations: Sequence[Operation]
    parameters: Mapping[str, str] = field(default_factory=dict)
    bindings: Schema | None = None

    def describe_channel(self) -> Schema:
        """Return the channel object of AsyncAPI."""
        servers = [{"$ref": f"#/servers/{name}"} for name in self.servers]
        parameters = {name: {"description": said} for name, said in self.parameters.items()}
        messages = {
            key: {"$ref": f"#/components/messages/{message.component}"} for key, message in self.messages.items()
        }
        return {
            "address": self.address,
            "title": self.title,
            "description": self.description,
            **({"servers": servers} if servers else {}),
            **({"parameters": parameters} if parameters else {}),
            "messages": messages,
            **({"bindings": self.bindings} if self.bindings else {}),
        }
