"""Subscriptions: their start, and the result for each event, whose caller is let in anew (contract, GraphQL)."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error
from graphql import ExecutionResult, GraphQLResolveInfo
from graphql.execution import create_source_event_stream

from kernel import ids
from kernel.caller import Credentials, Peer
from kernel.errors import DomainError
from orders.errors import OrderNotFound
from orders.queries import get_order
from petstore.interfaces.calls import find_scoped_caller, open_entrance
from petstore.interfaces.entry.order_listeners import OrderListener
from petstore.interfaces.entry.socket_callers import run_peer_job
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.errors import OperationRefused, describe_error, format_error
from petstore.interfaces.graphql.execution import MAX_SECONDS, execute_event
from petstore.interfaces.graphql.operations import Operation
from petstore.interfaces.graphql.order_steps import ComeAgain, OrderSteps, Step
from petstore.interfaces.graphql.refusals import Entry
from petstore.interfaces.graphql.row_executor import build_executor
from petstore.interfaces.live.feed import read_order_feed
from petstore.interfaces.live.streams import streams
from petstore.server.request_pool import RequestPool
from tenants.scoping import current_tenant_id

Result = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The caller of an operation that may last, who is let in anew each time something is read for them.

    Attributes:
        tenant: as in X-Tenant-ID, as the caller wrote it.
        site: the address of the site, for links.
    """

    credentials: Credentials
    tenant: str | None
    peer: Peer
    site: str

    @contextmanager
    def open_context(self) -> Iterator[CallContext]:
        """Open the tenant and look at the token; raises what `open_entrance` and `find_scoped_caller` raise."""
        with open_entrance(self.credentials, self.tenant) as entrance:
            caller = find_scoped_caller(self.credentials, entrance, self.peer)
            yield CallContext(caller, self.site, self.peer.request_id)

    async def run_job(self, pool: RequestPool, job: Callable[[], _T]) -> _T:
        """Run a job in a request thread, with nothing of another request's context and this one's id in the log."""
        return await run_peer_job(pool, self.peer, job)

    def describe_refusal(self, error: Exception) -> Entry:
        """Return the entry of `errors` for what is refused without a place in an operation."""
        return describe_error(error, settings.GRAPHQL_PATH, self.peer.request_id)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that was let in.

    Attributes:
        steps: its source stream.
    """

    operation: Operation
    subscriber: Subscriber
    steps: OrderSteps

    async def follow_steps(self, pool: RequestPool) -> AsyncGenerator[Result | None]:
        """Yield the result for each step, and None where nothing happens for a while.

        Where the caller loses their right, errors are the last result.

        Raises:
            ComeAgain
        """
        try:
            async with aclosing(aiter(self.steps)) as steps:
                async for step in steps:
                    yield None if step is None else await self._execute_in_pool(step, pool)
        except DomainError as error:
            yield {"errors": [self.subscriber.describe_refusal(error)]}
        except Error as error:
            raise ComeAgain from error

    async def _execute_in_pool(self, step: Step, pool: RequestPool) -> Result:
        return await self.subscriber.run_job(pool, partial(self._execute_step, step))

    def _execute_step(self, step: Step) -> Result:
        with self.subscriber.open_context() as context:
            return execute_event(self.operation, context, step.make_root())


def begin_subscription(
    operation: Operation, context: CallContext, subscriber: Subscriber, seconds: float
) -> Subscription:
    """Let the caller of a subscription in; its tenant is open.

    Args:
        seconds: how long it may last.

    Raises:
        OperationRefused
    """
    root = {"orderStatusChanged": partial(_begin_order_steps, subscriber, seconds)}
    executor = build_executor(operation, context, root, ends_at=time.monotonic() + MAX_SECONDS)
    source = create_source_event_stream(executor)
    if isinstance(source, OrderSteps):
        return Subscription(operation, subscriber, source)
    errors = source.errors if isinstance(source, ExecutionResult) else None
    raise OperationRefused(*(format_error(error, context) for error in errors or ()))


def _begin_order_steps(
    subscriber: Subscriber, seconds: float, info: GraphQLResolveInfo[Any], **arguments: str | None
) -> OrderSteps:
    """Return the steps of the order that a subscription names, if the caller may read it."""
    order_id, last = ids.parse_id(arguments["orderId"] or ""), ids.parse_id(arguments.get("afterEventId") or "")
    actor = info.context.admit_to(get_order)
    if order_id is None:
        raise OrderNotFound
    get_order(order_id, actor=actor)
    listener = OrderListener.of_actor(
        order_id, actor, credentials=subscriber.credentials, tenant=subscriber.tenant, peer=subscriber.peer
    )
    streams.check_stream_limits(listener.audience)
    return OrderSteps(listener, current_tenant_id(), read_order_feed(order_id), last, seconds)
