"""Let a caller in: the one way into a use case, for every protocol (architecture, A request's way).

`open_call` does all of it. REST takes the same steps one by one, since Django's middleware and DRF stand between them:
`count_against_quota`, `open_entrance`, `authenticate_at_entrance`, `admit_caller`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts.claims import Claims
from accounts.entrances import (
    Entrance,
    confirm_entrance,
    find_entrance,
    forget_entrance,
    recall_entrance,
    remember_entrance,
)
from accounts.errors import BadToken
from accounts.queries import Principal, require_tenant_entry
from database import remember_write
from kernel import ids
from kernel.access import Access, CountedBy, TokenScope, UseCase, access_of
from kernel.actor import Actor, Role
from kernel.caller import NO_CREDENTIALS, Credentials, Peer
from kernel.errors import DomainError, InsufficientScope, Kind, LoginRequired
from petstore.interfaces.http.login_throttle import name_login_caller
from petstore.interfaces.http.tokens import read_access_token
from ratelimit.services import Quota, RateLimit, consume_quota, restore_quota
from tenants.errors import TenantChanged
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, VersionCheck, tenant_scope

READING: Final = frozenset({TokenScope.READ_PETS, TokenScope.READ_ORDERS, TokenScope.READ_USER})
NEW_ACCOUNT_SECONDS: Final = 3600
"""A customer's calls count for the address so long after signing up: twenty new accounts have no twenty quotas."""


class RateLimitExceeded(DomainError):
    """The caller has used up the quota of the current window.

    Attributes:
        counted: the call that was one too many, None where only its time is known.
    """

    kind = Kind.TOO_MANY
    code = "rate_limit_exceeded"
    title = "Too many requests"

    def __init__(self, retry_after: int, counted: "CountedCall | None" = None) -> None:
        super().__init__(f"{self.title}.")
        self.retry_after, self.counted = retry_after, counted


@dataclass(frozen=True, slots=True)
class CountedCall:
    """A call that was counted against a quota.

    Attributes:
        policy: the name of the quota, as answers give it.
        caller: whom the call was counted for.
        state: what is left of the quota.
    """

    policy: CountedBy
    caller: str
    quota: Quota
    state: RateLimit

    @property
    def wait_seconds(self) -> int:
        """Return the seconds until the quota is whole again."""
        return max(0, self.state.resets_at - int(time.time()))

    def require_quota_left(self) -> None:
        """Raise RateLimitExceeded where the quota was used up before this call."""
        if not self.state.is_granted:
            raise RateLimitExceeded(max(1, self.wait_seconds), self)

    def restore_quota(self) -> "CountedCall":
        """Undo the count of a call that turned out to be free."""
        return replace(self, state=restore_quota(self.caller, self.quota, self.state))


@dataclass(frozen=True, slots=True)
class ScopedCaller:
    """A caller whose tenant is open and whose token was looked at; each use case still admits them or does not.

    For protocols whose one call may ask for several use cases.

    Attributes:
        principal: None without a token.
    """

    principal: Principal | None
    tenant: Tenant
    peer: Peer

    def admit_to(self, use_case: UseCase) -> Actor:
        """Return the actor for a use case; raises what `admit_caller` raises."""
        return admit_caller(self.principal, access_of(use_case), self.tenant, self.peer)


def find_scoped_caller(credentials: Credentials, entrance: Entrance, peer: Peer) -> ScopedCaller:
    """Look at the token of a caller whose tenant is open; raises BadToken, ForeignToken."""
    return ScopedCaller(authenticate_at_entrance(credentials, entrance), entrance.tenant, peer)


@contextmanager
def open_call(credentials: Credentials, access: Access, tenant: str | None, peer: Peer) -> Iterator[Actor]:
    """Count a call, open its tenant and let the caller in; the use case runs inside, with the actor that this yields.

    Args:
        access: what the use case asks for (`kernel.access.access_of`).
        tenant: the tenant's id as the caller wrote it, as in X-Tenant-ID; None for the shared pool.

    Raises:
        RateLimitExceeded
        What `enter_tenant` raises.
    """
    counted = count_against_quota(credentials, access, peer)
    if counted is not None:
        counted.require_quota_left()
    with enter_tenant(credentials, access, tenant, peer) as actor:
        yield actor


@contextmanager
def enter_tenant(credentials: Credentials, access: Access, tenant: str | None, peer: Peer) -> Iterator[Actor]:
    """Open the tenant and let the caller in, without counting: a live stream does so each time it reads on.

    Raises:
        BadTenantHeader, TenantSuspended, UnknownTenant
        BadToken, ForeignToken
        MembersOnly, LoginRequired, Forbidden: the use case's Access does not let them in.
    """
    with open_entrance(credentials, tenant) as entrance:
        actor = admit_caller(authenticate_at_entrance(credentials, entrance), access, entrance.tenant, peer)
        try:
            yield actor
        finally:
            if access.scope not in READING:
                remember_write(name_writers(actor.user_id, peer))


def name_writers(user_id: UUID | None, peer: Peer) -> list[str]:
    """Name the writer of what a call has written, for `name_readers`."""
    return [f"address {peer.network}"] if user_id is None else [f"user {user_id}", f"users at {peer.network}"]


def name_readers(user_id: UUID | None, peer: Peer) -> list[str]:
    """Name those whose writes a caller must see: their own, and what was written without a token at their address.

    Without a token, also what users have written at the address; not so with one, for many users share an address.
    """
    return [f"address {peer.network}", f"users at {peer.network}" if user_id is None else f"user {user_id}"]


def count_against_quota(credentials: Credentials, access: Access, peer: Peer) -> CountedCall | None:
    """Count a call against its quota (contract, Rate limits; guarantees, G20); None where the quota is off.

    The quota of a person, and that of an address, are each one for all protocols.
    """
    is_login = access.counted_by is CountedBy.LOGIN
    quota: Quota | None = settings.LOGIN_RATE_LIMIT if is_login else settings.RATE_LIMIT
    if quota is None:
        return None
    policy, caller = (
        (access.counted_by, name_login_caller(peer)) if is_login else _find_counted_caller(credentials, access, peer)
    )
    return CountedCall(policy, caller, quota, consume_quota(caller, quota))


def _find_counted_caller(credentials: Credentials, access: Access, peer: Peer) -> tuple[CountedBy, str]:
    """Return whom a call counts for: the token's user or the address; a bad token buys no quota."""
    claims = _read_good_claims(credentials) if access.counted_by is CountedBy.TOKEN else None
    if claims is None or _is_new_account(claims):
        return CountedBy.ADDRESS, f"address {peer.network}"
    return CountedBy.TOKEN, f"user {claims.user_id}"


def _read_good_claims(credentials: Credentials) -> Claims | None:
    try:
        return read_token_claims(credentials)
    except BadToken:
        return None


def _is_new_account(claims: Claims) -> bool:
    return claims.is_customer and time.time() - ids.read_birth_seconds(claims.user_id) < NEW_ACCOUNT_SECONDS


@contextmanager
def open_tenant_scope(tenant: str | None) -> Iterator[Tenant]:
    """Open the scope of the tenant that a caller names, as in X-Tenant-ID; raises what `find_entrance` raises."""
    with open_entrance(NO_CREDENTIALS, tenant) as entrance:
        yield entrance.tenant


@contextmanager
def open_entrance(credentials: Credentials, tenant: str | None) -> Iterator[Entrance]:
    """Open the scope of the tenant that a caller names, and look at their token by the same query.

    A bad token is refused by `authenticate_at_entrance` only. Raises what `find_entrance` raises.
    """
    claims = _read_good_claims(credentials)
    entrance = find_entrance(tenant, claims)
    remember_entrance(tenant, claims, entrance)
    opened = entrance.tenant
    is_provisional = opened._state.adding and opened.id != SHARED_POOL_ID
    with tenant_scope(opened.id, is_provisional=is_provisional):
        yield entrance


def find_remembered_entrance(credentials: Credentials, tenant: str | None) -> Entrance | None:
    """Return what an earlier call has found for this tenant and token, for `open_remembered_entrance` alone."""
    return recall_entrance(tenant, _read_good_claims(credentials))


@contextmanager
def open_remembered_entrance(
    entrance: Entrance, credentials: Credentials, tenant: str | None
) -> Iterator[VersionCheck]:
    """Open the scope of a remembered tenant, for a call that only reads.

    Afterwards `has_failed` says whether something was no longer true: then it has to be made again by `open_entrance`.
    """
    check = VersionCheck(entrance.access_version)
    with tenant_scope(entrance.tenant.id, access_check=check):
        try:
            yield check
            if not check.has_passed and not check.has_failed:
                confirm_entrance(entrance)
        except TenantChanged:
            pass  # the check knows
        finally:
            check.expected = None
    if check.has_failed:
        forget_entrance(tenant, _read_good_claims(credentials))


def authenticate_at_entrance(credentials: Credentials, entrance: Entrance) -> Principal | None:
    """Return the principal of a call whose tenant is open, None without a token; raises BadToken, ForeignToken."""
    claims = read_token_claims(credentials)
    return None if claims is None else entrance.authenticate_bearer(claims)


def read_token_claims(credentials: Credentials) -> Claims | None:
    """Return the claims of the token, None without one; a call's token is verified once. Raises BadToken."""
    if credentials.token is None:
        return None
    notes = vars(credentials)
    if "claims" not in notes:
        notes["claims"] = read_access_token(credentials.token)
    claims: Claims = notes["claims"]
    if claims.expires_at <= time.time():  # a stream may outlive its token
        raise BadToken
    return claims


def admit_caller(principal: Principal | None, access: Access, tenant: Tenant, peer: Peer) -> Actor:
    """Check the Access of a use case and make the actor of the call.

    Raises:
        MembersOnly, LoginRequired, Forbidden
    """
    actor = _build_call_actor(principal, peer)
    if not access.is_entrance:
        require_tenant_entry(tenant, actor)
    if principal is None:
        if not access.is_token_optional:
            raise LoginRequired
    elif access.is_closed_to_applications and principal.client_id is not None:
        actor.require_own_login()
    elif access.scope and access.scope not in principal.scopes:
        raise InsufficientScope(access.scope)
    if access.least_role is Role.STAFF:
        actor.require_staff()
    if access.least_role is Role.ADMIN:
        actor.require_admin()
    return actor


def _build_call_actor(principal: Principal | None, peer: Peer) -> Actor:
    if principal is None:
        return Actor(ip_address=peer.address, request_id=peer.request_id)
    return Actor(
        user_id=principal.user_id,
        role=principal.role,
        ip_address=peer.address,
        request_id=peer.request_id,
        permissions=principal.permissions,
        proved_at=principal.proved_at,
        token_scopes=principal.scopes,
        client_id=principal.client_id,
    )
