"""The caller of a message: lets them into use cases, whichever way the message came (contract, MCP)."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from asgiref.sync import sync_to_async

from kernel.access import UseCase, access_of
from kernel.actor import Actor
from kernel.caller import Credentials, Peer
from kernel.errors import LoginRequired
from petstore.interfaces.calls import ScopedCaller, enter_tenant
from petstore.server.request_pool import RequestPool, find_current_pool, run_with_connection

_T = TypeVar("_T")


class RunJob(Protocol):
    """Runs a job that reads or writes the database, while the event loop goes on."""

    def __call__(self, job: Callable[[], _T]) -> Awaitable[_T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(ABC):
    """The caller of a message.

    Attributes:
        credentials: the token, which streams look at again.
        tenant_header: the tenant, as the caller wrote it.
        site: the address of the site, for links.
        run_job: see RunJob.
        context: the context variables of the message: its id in the log, and over HTTP its tenant's scope.
        missing_logins: what use cases refused because there is no token, such as somebody's order.
    """

    credentials: Credentials
    tenant_header: str | None
    peer: Peer
    site: str
    run_job: RunJob
    context: Context = field(default_factory=copy_context)
    missing_logins: list[LoginRequired] = field(default_factory=list)

    @abstractmethod
    def open_use_case(self, use_case: UseCase) -> AbstractContextManager[Actor]:
        """Let the caller into a use case, in the tenant's scope; in a thread that may read the database.

        Raises:
            What `petstore.interfaces.calls.enter_tenant` raises.
        """

    async def perform_use_case(self, use_case: UseCase, work: Callable[[Actor], _T]) -> _T:
        """Let the caller into a use case and do the work of it; raises what either raises."""
        return await self.run_job(partial(self.context.copy().run, self._open_and_work, use_case, work))

    def _open_and_work(self, use_case: UseCase, work: Callable[[Actor], _T]) -> _T:
        try:
            with self.open_use_case(use_case) as actor:
                return work(actor)
        except LoginRequired as error:
            if self.credentials.token is None:
                self.missing_logins.append(error)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCaller(Caller):
    """The caller of an HTTP request, whose tenant is open and whose token was looked at.

    Attributes:
        scoped: the caller in the tenant's scope.
    """

    scoped: ScopedCaller

    @contextmanager
    def open_use_case(self, use_case: UseCase) -> Iterator[Actor]:
        yield self.scoped.admit_to(use_case)


@dataclass(frozen=True, slots=True, kw_only=True)
class StdioCaller(Caller):
    """The program that started this process; its token and its tenant are looked at on each call."""

    @contextmanager
    def open_use_case(self, use_case: UseCase) -> Iterator[Actor]:
        structlog.contextvars.bind_contextvars(request_id=self.peer.request_id)
        with enter_tenant(self.credentials, access_of(use_case), self.tenant_header, self.peer) as actor:
            yield actor


def choose_threads() -> RunJob:
    """Return what runs jobs: this thread's own pool, or the thread that waits for the event loop."""
    pool = find_current_pool()
    return _run_in_waiting_thread if pool is None else run_in_pool(pool)


def run_in_pool(pool: RequestPool) -> RunJob:
    """Return what runs jobs in a pool."""

    def run_job(job: Callable[[], _T]) -> Awaitable[_T]:
        return pool.run_job(partial(run_with_connection, job))

    return run_job


async def _run_in_waiting_thread(job: Callable[[], _T]) -> _T:
    """Run a job where the request came from: under WSGI, or in a test."""
    run: Any = sync_to_async(job, thread_sensitive=True)
    result: _T = await run()
    return result
