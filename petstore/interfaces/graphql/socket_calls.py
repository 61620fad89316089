"""The caller of a web socket, and each of its operations, which is counted and let in anew (contract, GraphQL)."""

from dataclasses import replace
from typing import Any, Final

from kernel import ids
from kernel.access import Access
from kernel.caller import Credentials
from petstore.interfaces.calls import count_against_quota
from petstore.interfaces.entry.socket_handshakes import Handshake
from petstore.interfaces.graphql.contexts import read_schema
from petstore.interfaces.graphql.execution import execute_operation
from petstore.interfaces.graphql.operations import SUBSCRIPTION, prepare_operation, read_graphql_request
from petstore.interfaces.graphql.socket_messages import ConnectionInit
from petstore.interfaces.graphql.subscriptions import Result, Subscriber, Subscription, begin_subscription

WATCH_SECONDS: Final = 3600.0
"""Then the socket ends, and the client connects again."""
_ORDINARY: Final = Access()


class ConflictingCaller(Exception):
    """The handshake and the first message say two things."""


def identify_subscriber(handshake: Handshake, message: ConnectionInit) -> Subscriber:
    """Return who calls; raises ConflictingCaller."""
    authorization = _choose_parameter("authorization", handshake.authorization, message.authorization)
    tenant = _choose_parameter("x-tenant-id", handshake.tenant, message.tenant)
    return Subscriber(Credentials.from_authorization_header(authorization), tenant, handshake.peer, handshake.site)


def check_caller_entry(subscriber: Subscriber) -> None:
    """Look at the token and the tenant; raises what `Subscriber.open_context` raises, and MembersOnly."""
    with subscriber.open_context() as context:
        context.admit_to(read_schema)


def name_operation(subscriber: Subscriber) -> Subscriber:
    """Return the caller of one more operation, which has a request id of its own."""
    return replace(subscriber, peer=replace(subscriber.peer, request_id=ids.new_id_text()))


def start_operation(subscriber: Subscriber, payload: dict[str, Any]) -> Result | Subscription:
    """Execute a query or a mutation, or let the caller of a subscription in.

    Raises:
        OperationRefused, RateLimitExceeded
        What `Subscriber.open_context` raises.
    """
    counted = count_against_quota(subscriber.credentials, _ORDINARY, subscriber.peer)
    if counted is not None:
        counted.require_quota_left()
    with subscriber.open_context() as context:
        context.admit_to(read_schema)
        operation = prepare_operation(read_graphql_request(payload))
        if operation.kind == SUBSCRIPTION:
            return begin_subscription(operation, context, subscriber, WATCH_SECONDS)
        return execute_operation(operation, context)


def _choose_parameter(name: str, header: str | None, parameter: str | None) -> str | None:
    if header is not None and parameter is not None and header != parameter:
        raise ConflictingCaller(f"The handshake and the payload say two things as {name}.")
    return header if parameter is None else parameter
