"""Answer as `text/event-stream` (contract, GraphQL): GraphQL over SSE, distinct connections.

The protocol: github.com/enisdenjo/graphql-sse, PROTOCOL.md.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import APIException

from kernel.errors import DomainError
from petstore.interfaces.graphql.answers import open_context, read_http_request, refuse_method
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.errors import OperationRefused
from petstore.interfaces.graphql.execution import execute_operation
from petstore.interfaces.graphql.operations import SUBSCRIPTION, Operation, prepare_operation
from petstore.interfaces.graphql.order_steps import ComeAgain
from petstore.interfaces.graphql.refusals import build_graphql_refusal
from petstore.interfaces.graphql.subscriptions import Subscriber, Subscription, begin_subscription
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.http.problems import DATABASE_AWAY, Problem, translate_exception
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.server.request_pool import RequestPool, find_current_pool

MAX_SECONDS: Final = 300.0
"""Then the stream ends, and the client connects again."""
COMMENT: Final = b":\n\n"
COMPLETE: Final = b"event: complete\ndata:\n\n"
_HEADERS: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def answer_by_events(request: HttpRequest) -> HttpResponseBase:
    """Execute the operation of a request; what it is refused with by GraphQL is its first result and its last."""
    if request.method == "HEAD":
        return HttpResponse(headers=_HEADERS)
    try:
        context, asked = open_context(request), read_http_request(request)
        operation = prepare_operation(asked)
    except OperationRefused as refused:
        return _answer_whole_at_once({"errors": refused.errors})
    except (DomainError, APIException, *DATABASE_AWAY) as error:
        return build_graphql_refusal(translate_exception(error) or Problem.of_status(500), request)
    problem = refuse_method(operation, request)
    if problem is not None:
        return build_graphql_refusal(problem, request)
    if operation.kind == SUBSCRIPTION:
        return _answer_subscription(operation, context, request)
    return _answer_whole_at_once(execute_operation(operation, context))


def _answer_subscription(operation: Operation, context: CallContext, request: HttpRequest) -> HttpResponseBase:
    subscriber = Subscriber(
        credentials_of_request(request), tenant_header_of(request), peer_of_request(request), context.site
    )
    pool = find_current_pool()
    if pool is None:  # under WSGI
        return build_graphql_refusal(Problem.of_status(503, "This server sends no live events."), request)
    try:
        subscription = begin_subscription(operation, context, subscriber, MAX_SECONDS)
    except OperationRefused as refused:
        return _answer_whole_at_once({"errors": refused.errors})
    return StreamingHttpResponse(_stream_results(subscription, pool), headers=_HEADERS)


def _answer_whole_at_once(result: dict[str, Any]) -> HttpResponse:
    """Answer with a stream that has ended already."""
    return HttpResponse(_format_result(result) + COMPLETE, headers=_HEADERS)


def _format_result(result: dict[str, Any] | None) -> bytes:
    return COMMENT if result is None else b"event: next\ndata: %b\n\n" % render_json_bytes(result)


async def _stream_results(subscription: Subscription, pool: RequestPool) -> AsyncGenerator[bytes]:
    """Yield the results, and a comment where nothing happens for long; without `complete` the client asks again."""
    yield COMMENT  # the head is sent with it
    try:
        with subscription.steps.open_watch():
            async with aclosing(subscription.follow_steps(pool)) as results:
                async for result in results:
                    yield _format_result(result)
    except ComeAgain:
        return
    except DomainError as error:  # others have opened the last stream of a limit meanwhile
        yield _format_result({"errors": [subscription.subscriber.describe_refusal(error)]})
    yield COMPLETE
