"""The caller of a socket, who is let in anew for each thing that they ask for on it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import Context
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog

from kernel import ids
from kernel.access import UseCase, access_of
from kernel.actor import Actor
from kernel.caller import Credentials, Peer
from petstore.interfaces.calls import count_against_quota, enter_tenant
from petstore.server.request_pool import RequestPool, run_with_connection

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SocketCaller:
    """Who calls on a socket.

    Attributes:
        tenant: as in X-Tenant-ID, as the caller wrote it.
    """

    credentials: Credentials
    tenant: str | None
    peer: Peer

    def name_next_call(self) -> "SocketCaller":
        """Return the caller of one more call on the socket, which has a request id of its own."""
        return replace(self, peer=replace(self.peer, request_id=ids.new_id_text()))

    def enter_tenant(self, use_case: UseCase) -> AbstractContextManager[Actor]:
        """Open the tenant and let the caller in to a use case; raises what `calls.enter_tenant` raises."""
        return enter_tenant(self.credentials, access_of(use_case), self.tenant, self.peer)

    def count_handshake(self, use_case: UseCase) -> None:
        """Count a handshake against the caller's quota; raises RateLimitExceeded."""
        counted = count_against_quota(self.credentials, access_of(use_case), self.peer)
        if counted is not None:
            counted.require_quota_left()

    async def run_job_in_pool(self, pool: RequestPool, job: Callable[[], _T]) -> _T:
        """Run a job in a request thread, with nothing of another request's context and this one's id in the log.

        Raises:
            Overloaded
            What the job raises.
        """
        return await pool.run_job(partial(Context().run, self._run_named, job), is_new=True)

    def _run_named(self, job: Callable[[], _T]) -> _T:
        structlog.contextvars.bind_contextvars(request_id=self.peer.request_id)
        return run_with_connection(job)
