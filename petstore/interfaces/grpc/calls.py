"""A call from its arrival to its end: its head, its refusal and its figures (contract, gRPC)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Protocol

import grpc
import grpc.aio
import structlog

from kernel.access import UseCase, access_of
from kernel.actor import Actor
from petstore.interfaces.calls import count_against_quota, enter_tenant
from petstore.interfaces.grpc.arrivals import receive_request
from petstore.interfaces.grpc.metadata import REPLAYED, REQUEST_ID, CallHead, read_call_head
from petstore.interfaces.grpc.refusals import build_refusal

Context = grpc.aio.ServicerContext[bytes, Any]
STATUS_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
DETAILS: Final = "grpc-status-details-bin"
DEFAULT_SECONDS: Final = 30.0
"""For a unary call that names no deadline, and for the request of a watch to come."""
DEADLINE_PASSED: Final = "The deadline passed before the call was answered."


class CountCall(Protocol):
    """Counts and times a call for the figures of the process."""

    def __call__(self, method: str, route: str, status: str, seconds: float) -> object: ...


@dataclass(slots=True)
class ArrivedCall:
    """A call that has arrived.

    Attributes:
        path: of its method, such as `/petstore.v1.PetService/GetPet`.
        status: with which it ends; until it does, it may be cancelled at any time.
    """

    path: str
    context: Context
    head: CallHead
    began: float = field(default_factory=time.perf_counter)
    status: grpc.StatusCode = grpc.StatusCode.CANCELLED

    @classmethod
    def from_context(cls, path: str, context: Context) -> "ArrivedCall":
        """Make one of grpcio's context."""
        return cls(path, context, read_call_head(context.invocation_metadata(), context.peer()))

    async def receive_request(self) -> bytes:
        """Return the bytes of the request; raises what `receive_request` of arrivals raises."""
        return await receive_request(self.context, self.head.peer.network)

    async def send_initial_metadata(self, *, is_replay: bool = False) -> None:
        """Send the initial metadata."""
        request_id = (REQUEST_ID, self.head.peer.request_id)
        await self.context.send_initial_metadata((request_id, REPLAYED) if is_replay else (request_id,))

    async def refuse_with_error(self, error: Exception, *, has_head: bool = False) -> NoReturn:
        """End the call with the refusal that an exception is for the caller.

        Args:
            has_head: the initial metadata was sent.
        """
        with structlog.contextvars.bound_contextvars(request_id=self.head.peer.request_id):
            refusal = build_refusal(error, instance=self.path, request_id=self.head.peer.request_id)
        self.status = STATUS_CODES[refusal.code]
        if not has_head:
            await self.send_initial_metadata()
        await self.context.abort(self.status, refusal.message, ((DETAILS, refusal.details),))

    async def refuse_as_too_late(self) -> NoReturn:
        """End the call because its time is over."""
        self.status = grpc.StatusCode.DEADLINE_EXCEEDED
        await self.context.abort(self.status, DEADLINE_PASSED)

    def count_ended_call(self, count_call: CountCall) -> None:
        """Count the call, which has ended."""
        count_call("gRPC", self.path, self.status.name, time.perf_counter() - self.began)


@contextmanager
def open_arrived_call(head: CallHead, use_case: UseCase) -> Iterator[Actor]:
    """Count a call, check its metadata, open its tenant and let the caller in; in a request thread.

    Raises:
        RepeatedMetadata
        What `petstore.interfaces.calls.open_call` raises.
    """
    access = access_of(use_case)
    counted = count_against_quota(head.credentials, access, head.peer)
    if counted is not None:
        counted.require_quota_left()
    head.require_single_keys()
    with enter_tenant(head.credentials, access, head.tenant, head.peer) as actor:
        yield actor
