"""Execute operations: synchronously, in a thread of the request, with the tenant's scope open (contract, GraphQL)."""

import time
from typing import Any, Final

from graphql import ExecutionResult

from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.errors import MAX_ERRORS, format_error
from petstore.interfaces.graphql.operations import Operation
from petstore.interfaces.graphql.row_executor import build_executor

MAX_SECONDS: Final = 10.0


def execute_operation(operation: Operation, context: CallContext) -> dict[str, Any]:
    """Execute a query or a mutation; return `data`, and `errors` where there are any.

    UUIDs and times may stand for their texts: `render_json_bytes` knows them.
    """
    return _execute_with_root(operation, context, root=None)


def execute_event(operation: Operation, context: CallContext, root: dict[str, Any]) -> dict[str, Any]:
    """Execute the selection of a subscription for one event.

    Args:
        root: the event under its field's name.
    """
    return _execute_with_root(operation, context, root=root)


def _execute_with_root(operation: Operation, context: CallContext, root: dict[str, Any] | None) -> dict[str, Any]:
    executor = build_executor(operation, context, root, ends_at=time.monotonic() + MAX_SECONDS)
    result = executor.execute_operation()
    if not isinstance(result, ExecutionResult):
        raise TypeError(type(result))
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [format_error(error, context) for error in result.errors[:MAX_ERRORS]]}
