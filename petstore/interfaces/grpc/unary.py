"""Unary calls: each runs its use case in a request thread, as REST's requests do (contract, gRPC)."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import structlog
from django.conf import settings

from petstore.interfaces.grpc import calls
from petstore.interfaces.grpc.calls import ArrivedCall, Context, CountCall, open_arrived_call
from petstore.interfaces.grpc.metadata import CallHead
from petstore.interfaces.grpc.methods import Call, Method
from petstore.interfaces.grpc.wire import parse_message
from petstore.server.request_pool import RequestPool, run_with_connection


class CallGivenUp(Exception):
    """The caller has left or the deadline has passed, so nothing was begun."""


@dataclass(slots=True)
class UnaryWork:
    """The work of one call, on its way to a request thread.

    Attributes:
        deadline: by the monotonic clock; work that has not begun by then is not done.
        is_given_up: nobody waits for it any more.
        is_replay: the response was stored by an earlier call.
    """

    method: Method
    head: CallHead
    deadline: float
    raw: bytes = b""
    is_given_up: bool = False
    is_replay: bool = False

    def run_in_thread(self) -> bytes:
        """Let the caller in and run the method.

        Raises:
            CallGivenUp
            DomainError, DatabaseError: the call is refused.
        """
        if self.is_given_up or time.monotonic() >= self.deadline:
            raise CallGivenUp
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=self.head.peer.request_id)
        return run_with_connection(self._call_method)

    def _call_method(self) -> bytes:
        head = self.head
        with open_arrived_call(head, self.method.use_case) as actor:
            call = Call(actor, settings.LINKS_TO, head.idempotency_key)
            response = self.method.run(parse_message(self.method.request, self.raw), call)
        self.is_replay = call.is_replay
        return response.SerializeToString()


class UnaryMethods:
    """The unary methods of one process.

    Args:
        pool: the request threads.
    """

    def __init__(self, pool: RequestPool, count_call: CountCall) -> None:
        self._pool, self._count_call = pool, count_call

    def build_handler(self, method: Method) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Build what grpcio calls as soon as a call's head is there.

        To grpcio it is a stream of requests: a unary call whose message never comes would have no end.
        """
        return grpc.stream_unary_rpc_method_handler(partial(self._answer_call, method))

    async def _answer_call(self, method: Method, _requests: Any, context: Context) -> bytes:
        call = ArrivedCall.from_context(method.path, context)
        seconds: float | None = context.time_remaining()
        limit = float(calls.DEFAULT_SECONDS if seconds is None else seconds)
        work = UnaryWork(method, call.head, time.monotonic() + limit)
        try:
            async with asyncio.timeout(limit):
                work.raw = await call.receive_request()
                response = await self._pool.run_job(work.run_in_thread, is_new=True)
            await call.send_initial_metadata(is_replay=work.is_replay)
            call.status = grpc.StatusCode.OK
        except (TimeoutError, CallGivenUp):
            await call.refuse_as_too_late()
        except Exception as error:  # noqa: BLE001  # grpcio would tell the caller the class's name
            await call.refuse_with_error(error)
        finally:
            work.is_given_up = True
            call.count_ended_call(self._count_call)
        return response
