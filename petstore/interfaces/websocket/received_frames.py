"""Read what clients send: a text becomes a frame, or a fault that an answer can name (contract, WebSocket)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rest_framework import serializers
from rest_framework.exceptions import ParseError

from kernel.errors import Invalid
from petstore.interfaces.representation.json_text import parse_strict_json
from petstore.interfaces.rooms.inputs import is_client_id
from petstore.interfaces.websocket.frames import ClientFrame


class ReceivedFrame(NamedTuple):
    """A text that a client has sent, as far as it can be read.

    Attributes:
        reply_to: the client's id of the frame, None where it has none that an answer may name.
        body: None where the text is no JSON object.
    """

    reply_to: str | None
    body: Mapping[str, Any] | None
    fault: ParseError | None

    @classmethod
    def parse_text(cls, text: str) -> "ReceivedFrame":
        """Read a text; what is wrong with it is remembered, and raised by `read_values`."""
        try:
            body = parse_strict_json(text.encode(errors="surrogatepass"))
        except ParseError as error:
            return cls(None, None, error)
        if not isinstance(body, dict):
            return cls(None, None, ParseError("A frame is one JSON object."))
        client_id = body.get("id")
        return cls(client_id if is_client_id(client_id) else None, body, None)

    def find_type(self, frames: Mapping[str, type[ClientFrame]]) -> str | None:
        """Return the type of the frame; None where these frames have no such type."""
        kind = None if self.body is None else self.body.get("type")
        return kind if isinstance(kind, str) and kind in frames else None

    def read_values(self, frames: Mapping[str, type[ClientFrame]]) -> tuple[str, dict[str, Any]]:
        """Return the type and the values of the frame.

        Raises:
            ParseError: it is no JSON object.
            Invalid, ValidationError: its type is unknown, or a field is at fault.
        """
        if self.body is None:
            raise self.fault or ParseError
        kind = self.find_type(frames)
        if kind is None:
            raise _describe_unknown_type(self.body)
        return kind, frames[kind].validate_request_body(self.body)


def _describe_unknown_type(body: Mapping[str, Any]) -> Invalid:
    if "type" not in body:
        return Invalid.for_field("type", str(serializers.Field.default_error_messages["required"]), "required")
    return Invalid.for_field("type", "There is no such type of frames here.", "invalid_choice")
