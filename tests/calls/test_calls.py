"""Who is let in, where, by which Access, and what counts against whose quota (contract, Who may do what)."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.errors import BadToken, ForeignToken, MembersOnly
from accounts.models import User
from accounts.services.registration import Profile, register_user
from accounts.services.tenants import change_tenant
from kernel import clock, ids
from kernel.access import Access, CountedBy, TokenScope
from kernel.actor import SYSTEM, Actor, Role
from kernel.caller import Credentials, Peer
from kernel.errors import Forbidden, InsufficientScope, LoginRequired
from petstore.interfaces.calls import RateLimitExceeded, count_against_quota, enter_tenant, open_call, read_token_claims
from ratelimit import services
from ratelimit.models import RateWindow
from tenants.errors import BadTenantHeader, TenantSuspended, UnknownTenant
from tenants.models import Tenant
from tenants.scoping import NoTenantScope, current_scope, current_tenant_id, tenant_scope
from tests.factories import PASSWORD, TenantFactory
from tests.minting import tokens_for
from tests.snapshots import snapshot

EPOCH = 10**9
"""A window that does not end while a test runs, in seconds."""
PEER = Peer("203.0.113.7", "call-1")

ACCESSES = {
    "optional": Access(TokenScope.READ_PETS, is_token_optional=True),
    "read": Access(TokenScope.READ_ORDERS),
    "write": Access(TokenScope.WRITE_PETS),
    "entrance": Access(is_token_optional=True, is_entrance=True),
    "staff": Access(TokenScope.READ_USER, least_role=Role.STAFF),
    "admin": Access(TokenScope.WRITE_ORDERS, least_role=Role.ADMIN),
}
IN, NOBODY = "in", "in without a token"
NOT_THERE = dict.fromkeys(ACCESSES, ForeignToken)
BAD = dict.fromkeys(ACCESSES, BadToken)
STAFF = dict.fromkeys(ACCESSES, IN) | {"admin": Forbidden}
CUSTOMER = STAFF | {"write": InsufficientScope, "staff": Forbidden}
ANYBODY = dict.fromkeys(ACCESSES, LoginRequired) | {"optional": NOBODY, "entrance": NOBODY}
STRANGER = dict.fromkeys(ACCESSES, MembersOnly) | {"entrance": NOBODY}

TABLE: dict[tuple[str, str], dict[str, Any]] = {
    ("nobody", "acme"): STRANGER,
    ("nobody", "open"): ANYBODY,
    ("nobody", "pool"): ANYBODY,
    ("nobody", "unknown"): ANYBODY,
    ("bad", "acme"): BAD,
    ("bad", "open"): BAD,
    ("bad", "pool"): BAD,
    ("bad", "unknown"): BAD,
    ("alice", "acme"): CUSTOMER,
    ("alice", "open"): NOT_THERE,
    ("alice", "pool"): NOT_THERE,
    ("alice", "unknown"): NOT_THERE,
    ("sam", "acme"): STAFF,
    ("sam", "open"): NOT_THERE,
    ("sam", "pool"): NOT_THERE,
    ("root", "acme"): dict.fromkeys(ACCESSES, IN),
    ("root", "open"): dict.fromkeys(ACCESSES, IN),
    ("root", "pool"): dict.fromkeys(ACCESSES, IN),
}
for one in ("nobody", "bad", "alice", "root"):
    TABLE[one, "suspended"] = dict.fromkeys(ACCESSES, TenantSuspended)
    TABLE[one, "no id"] = dict.fromkeys(ACCESSES, BadTenantHeader)
CELLS = [(who, tenant, access) for (who, tenant), row in TABLE.items() for access in row]


@pytest.fixture
def tenants(acme: Tenant) -> dict[str, str | None]:
    """What a caller may write for a tenant."""
    closed = TenantFactory.create(name="Closed")
    change_tenant(
        tenant_id=closed.id, actor=SYSTEM, name=closed.name, access=closed.access, status=Tenant.Status.SUSPENDED
    )
    opened = TenantFactory.create(access=Tenant.Access.OPEN)
    named = {"acme": acme.id, "open": opened.id, "suspended": closed.id, "unknown": ids.new_id()}
    return {name: str(tenant_id) for name, tenant_id in named.items()} | {"pool": None, "no id": "acme"}


@pytest.fixture
def callers(alice: User, sam: User, root: User) -> dict[str, Credentials]:
    tokens = {user.username: Credentials(token_of(user)) for user in (alice, sam, root)}
    return tokens | {"nobody": Credentials(), "bad": Credentials("a.b.c")}


def token_of(user: User) -> str:
    with tenant_scope(user.tenant_id):
        return tokens_for(user).token


@pytest.mark.parametrize(("who", "tenant", "access"), CELLS)
def test_who_gets_in_where(
    callers: dict[str, Credentials], tenants: dict[str, str | None], who: str, tenant: str, access: str
) -> None:
    expected, before = TABLE[who, tenant][access], snapshot()
    call = open_call(callers[who], ACCESSES[access], tenants[tenant], PEER)
    if isinstance(expected, type):
        with pytest.raises(expected) as refused, call:
            pass
        assert refused.type is expected
    else:
        with call as actor:
            assert actor.is_authenticated is (expected == IN)
            assert (actor.ip_address, actor.request_id) == (PEER.address, PEER.request_id)
            assert current_scope().tenant_ids is not None
    assert snapshot() == before
    with pytest.raises(NoTenantScope):
        current_scope()


def test_the_actor_is_who_the_user_is_in_the_tenant(sam: User, acme: Tenant) -> None:
    with open_call(Credentials(token_of(sam)), ACCESSES["read"], str(acme.id), PEER) as actor:
        assert current_tenant_id() == acme.id
    assert (actor.user_id, actor.role) == (sam.id, Role.STAFF)
    assert actor.permissions
    assert actor.has_fresh_proof(clock.now())


def test_nobody_is_an_actor_without_rights(pool: Tenant) -> None:
    with open_call(Credentials(), ACCESSES["optional"], None, PEER) as actor:
        assert actor == Actor(ip_address=PEER.address, request_id=PEER.request_id)


def test_an_unknown_tenant_is_provisional_or_unknown(db: None, settings: Settings) -> None:
    name = str(ids.new_id())
    with open_call(Credentials(), ACCESSES["optional"], name, PEER):
        assert current_scope().is_provisional
    settings.TENANT_AUTO_PROVISION = False
    with pytest.raises(UnknownTenant), open_call(Credentials(), ACCESSES["optional"], name, PEER):
        pass


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "x", "Bearer é"])
def test_a_header_without_a_bearer_token_is_a_bad_token(pool: Tenant, header: str) -> None:
    credentials = Credentials.from_authorization_header(header)
    with pytest.raises(BadToken), open_call(credentials, ACCESSES["optional"], None, PEER):
        pass


@pytest.mark.parametrize("who", ["nobody", "alice", "sam", "root"])
def test_a_call_takes_one_query_for_tenant_and_user(callers: dict[str, Credentials], acme: Tenant, who: str) -> None:
    with (
        CaptureQueriesContext(connection) as queries,
        suppress(MembersOnly),
        open_call(callers[who], ACCESSES["read"], str(acme.id), PEER),
    ):
        pass
    assert len(queries) == 1


@pytest.fixture
def two_a_window(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT, settings.LOGIN_RATE_LIMIT = (2, EPOCH), (1, EPOCH)
    services.forget_local_leases()
    yield
    services.forget_local_leases()


def counts() -> dict[str, int]:
    return dict(RateWindow.objects.values_list("caller", "used"))


@pytest.mark.usefixtures("two_a_window")
def test_past_the_quota_nobody_is_let_in(tenants: dict[str, str | None]) -> None:
    for _ in range(2):
        with open_call(Credentials(), ACCESSES["optional"], None, PEER):
            pass
    with pytest.raises(RateLimitExceeded) as refused, open_call(Credentials(), ACCESSES["optional"], "acme", PEER):
        pass
    assert refused.value.retry_after is not None
    assert refused.value.retry_after > 0


@pytest.mark.usefixtures("two_a_window")
@pytest.mark.parametrize(
    ("who", "tenant", "access", "caller"),
    [
        ("nobody", "pool", "read", "address 203.0.113.7"),
        ("bad", "pool", "optional", "address 203.0.113.7"),
        ("alice", "pool", "read", "address 203.0.113.7"),
        ("root", "no id", "read", "user {root}"),
        ("sam", "acme", "admin", "user {sam}"),
    ],
    ids=str,
)
def test_a_refused_call_counts(  # alice's account is new: her calls count for her address
    callers: dict[str, Credentials],
    tenants: dict[str, str | None],
    sam: User,
    root: User,
    who: str,
    tenant: str,
    access: str,
    caller: str,
) -> None:
    with (
        pytest.raises((LoginRequired, Forbidden, BadTenantHeader)),
        open_call(callers[who], ACCESSES[access], tenants[tenant], PEER),
    ):
        pass
    assert counts() == {caller.format(sam=sam.id, root=root.id): 1}


@pytest.mark.usefixtures("two_a_window")
def test_a_customer_of_long_standing_has_a_quota_of_their_own(acme: Tenant) -> None:
    profile = Profile(email="old@example.com", first_name="Old", last_name="Miller")
    with tenant_scope(acme.id):
        at = clock.now() - timedelta(days=1)
        old = register_user(username="old", password=PASSWORD, profile=profile, actor=SYSTEM, opened_at=at)
    counted = count_against_quota(Credentials(token_of(old)), ACCESSES["read"], PEER)
    assert counted is not None
    assert (counted.policy, counted.caller, counted.state.remaining) == (CountedBy.TOKEN, f"user {old.id}", 1)


@pytest.mark.usefixtures("two_a_window")
@pytest.mark.parametrize(
    ("counted_by", "caller", "limit"),
    [(CountedBy.LOGIN, "login 203.0.113.7", 1), (CountedBy.ADDRESS, "address 203.0.113.7", 2)],
)
def test_what_gives_tokens_counts_for_the_address_whatever_the_token(
    root: User, counted_by: CountedBy, caller: str, limit: int
) -> None:
    counted = count_against_quota(Credentials(token_of(root)), Access(counted_by=counted_by), PEER)
    assert counted is not None
    assert (counted.policy, counted.caller, counted.state.limit) == (counted_by, caller, limit)


@pytest.mark.usefixtures("two_a_window")
def test_a_free_call_gives_back_what_was_counted(db: None) -> None:
    counted = count_against_quota(Credentials(), ACCESSES["optional"], PEER)
    assert counted is not None
    assert counted.restore_quota().state.remaining == counted.state.remaining + 1 == 2


def test_a_stream_reads_on_only_while_its_token_is_good(alice: User, acme: Tenant) -> None:
    credentials = Credentials(token_of(alice))
    with enter_tenant(credentials, ACCESSES["read"], str(acme.id), PEER):
        claims = read_token_claims(credentials)
    assert claims is not None
    vars(credentials)["claims"] = replace(claims, expires_at=int(time.time()))
    with pytest.raises(BadToken), enter_tenant(credentials, ACCESSES["read"], str(acme.id), PEER):
        pass


@pytest.mark.usefixtures("two_a_window")
def test_a_stream_that_reads_on_does_not_count(alice: User, acme: Tenant) -> None:
    with enter_tenant(Credentials(token_of(alice)), ACCESSES["read"], str(acme.id), PEER):
        pass
    assert counts() == {}


def test_without_a_quota_nothing_is_counted(db: None) -> None:
    assert count_against_quota(Credentials(), ACCESSES["optional"], PEER) is None
