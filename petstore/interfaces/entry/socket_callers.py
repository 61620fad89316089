"""The caller of a socket, who is let in anew for each thing that they ask for on it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog

from accounts.claims import Claims
from accounts.errors import BadToken
from accounts.queries import Principal, authenticate_token_bearers
from kernel import ids
from kernel.access import Access, UseCase, access_of
from kernel.actor import Actor
from kernel.caller import Credentials, Peer
from kernel.errors import DomainError
from petstore.interfaces.calls import (
    admit_caller,
    count_against_quota,
    enter_tenant,
    open_tenant_scope,
    read_token_claims,
)
from petstore.server.request_pool import RequestPool, run_with_connection
from tenants.models import Tenant

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SocketCaller:
    """The caller of a socket.

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
        return await run_peer_job(pool, self.peer, job)


async def run_peer_job(pool: RequestPool, peer: Peer, job: Callable[[], _T]) -> _T:
    """Run a job for a peer as `SocketCaller.run_job_in_pool` does; raises what it raises."""

    def run_named_job() -> _T:
        structlog.contextvars.bind_contextvars(request_id=peer.request_id)
        return run_with_connection(job)

    return await pool.run_job(partial(Context().run, run_named_job), is_new=True)


def admit_callers(callers: Sequence[SocketCaller], use_case: UseCase) -> list[Actor | DomainError]:
    """Return for each caller the actor that `enter_tenant` would give, or what it would refuse them with.

    Callers of one tenant are looked at together, by a query or two.
    """
    places: defaultdict[str | None, list[int]] = defaultdict(list)
    for place, caller in enumerate(callers):
        places[caller.tenant].append(place)
    admitted: dict[int, Actor | DomainError] = {}
    for tenant, of_tenant in places.items():
        found = _admit_callers_to(tenant, [callers[place] for place in of_tenant], access_of(use_case))
        admitted |= dict(zip(of_tenant, found, strict=True))
    return [admitted[place] for place in range(len(callers))]


def _admit_callers_to(
    tenant: str | None, callers: Sequence[SocketCaller], access: Access
) -> Sequence[Actor | DomainError]:
    try:
        with open_tenant_scope(tenant) as opened:
            principals = _find_principals([caller.credentials for caller in callers])
            return [
                _try_admission(principal, access, opened, caller.peer)
                for principal, caller in zip(principals, callers, strict=True)
            ]
    except DomainError as error:  # the tenant's
        return [error] * len(callers)


def _find_principals(credentials: Sequence[Credentials]) -> list[Principal | DomainError | None]:
    """Return the principal of each, None without a token, or why there is none."""
    read = [_try_claims(one) for one in credentials]
    found = iter(authenticate_token_bearers([one for one in read if isinstance(one, Claims)]))
    return [next(found) if isinstance(one, Claims) else one for one in read]


def _try_claims(credentials: Credentials) -> Claims | BadToken | None:
    try:
        return read_token_claims(credentials)
    except BadToken as error:
        return error


def _try_admission(
    principal: Principal | DomainError | None, access: Access, tenant: Tenant, peer: Peer
) -> Actor | DomainError:
    if isinstance(principal, DomainError):
        return principal
    try:
        return admit_caller(principal, access, tenant, peer)
    except DomainError as error:
        return error
