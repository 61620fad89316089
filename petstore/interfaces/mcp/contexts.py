"""Find the caller of a message in the library's context."""

from collections.abc import Callable
from typing import Any, Final

from mcp.server.context import ServerRequestContext

from petstore.interfaces.mcp.callers import Caller

CALLER_KEY: Final = "petstore.mcp_caller"
"""The key of an HTTP request's scope under which the caller stands."""

StartCall = Callable[[], Caller]
"""Makes the caller of one message; the lifespan of a server on stdio."""


def find_caller(context: ServerRequestContext[Any]) -> Caller:
    """Return the caller of the message that a handler is called for."""
    if context.request is None:
        start_call: StartCall = context.lifespan_context
        return start_call()
    caller: Caller = context.request.scope[CALLER_KEY]
    return caller
