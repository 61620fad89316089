"""The shape of messages, whichever way they come: one request, notification or response (contract, MCP)."""

from typing import Final

from mcp_types import INVALID_REQUEST, ErrorData, JSONRPCError, RequestId, jsonrpc_message_adapter
from pydantic import ValidationError

LISTEN: Final = "subscriptions/listen"
"""The method whose answer is a stream."""

_SHAPE: Final = ErrorData(code=INVALID_REQUEST, message="Body must be a single JSON-RPC request or notification object")
"""The library's own sentence; where it says another one, that repeats what the caller sent."""


def is_single_message(message: object) -> bool:
    """Return whether it is one message: no batch, and nothing else.

    An id that is neither a text nor a whole number would make a request look like a notification, which nobody answers.
    """
    if isinstance(message, dict) and "id" in message and find_request_id(message) is None:
        return False
    try:
        jsonrpc_message_adapter.validate_python(message, by_name=False)
    except ValidationError:
        return False
    return True


def refuse_message_shape() -> JSONRPCError:
    """Return the answer to what is no single message."""
    return JSONRPCError(jsonrpc="2.0", id=None, error=_SHAPE)


def find_request_id(message: object) -> RequestId | None:
    """Return the id that an answer has to name, of a message that may be anything."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
