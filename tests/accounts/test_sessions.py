"""Logging in, and how long tokens live (guarantees, G12)."""

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.claims import CUSTOMER_SCOPES
from accounts.errors import AccountSuspended, BadToken, ForeignToken, WrongCredentials
from accounts.models import LoginSession, UsedRefreshToken, User
from accounts.queries import authenticate_token_bearer
from accounts.services.registration import (
    Profile,
    change_user_status,
    close_account,
    create_admin_account,
    update_user_profile,
)
from accounts.services.sessions import authenticate_staff_member, log_in, revoke_login_session
from accounts.services.tenants import add_tenant_member, remove_tenant_member
from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM, Role
from petstore.interfaces.http.tokens import ALGORITHM, TokenPair, read_access_token, read_refresh_token
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.accounts.counting import CountingHasher
from tests.concurrency import run_together
from tests.factories import PASSWORD, CustomerFactory, StaffFactory, acting
from tests.minting import renewed_tokens, tokens_by_password, tokens_for

PROFILE = Profile(email="alice@example.com", first_name="Alice", last_name="Miller")


@pytest.fixture
def hashed(settings: Settings, alice: User) -> list[str]:
    """Every password that is hashed from now on."""
    settings.PASSWORD_HASHERS = ["tests.accounts.counting.CountingHasher"]
    CountingHasher.seen.clear()
    return CountingHasher.seen


def is_good(pair: TokenPair) -> bool:
    try:
        authenticate_token_bearer(read_access_token(pair.token))
    except BadToken:
        return False
    return True


def forged(token: str, key: str = settings.JWT_SIGNING_KEY, algorithm: str = ALGORITHM, **claims: object) -> str:
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    return jwt.encode({name: value for name, value in payload.items() if value is not ...}, key, algorithm)


def test_people_of_one_name_log_in_each_at_their_own_store(alice: User, globex: Tenant) -> None:
    namesake = CustomerFactory.create(tenant=globex, username="Alice")
    for user in (alice, namesake):
        with tenant_scope(user.tenant_id):
            assert read_access_token(tokens_by_password("ALICE").token).user_id == user.id


@pytest.mark.usefixtures("in_acme")
def test_username_in_any_case_and_password_give_tokens(alice: User) -> None:
    pair = tokens_by_password("ALICE")
    who = authenticate_token_bearer(read_access_token(pair.token))
    assert (who.user_id, who.role, who.scopes) == (alice.id, Role.CUSTOMER, frozenset(CUSTOMER_SCOPES))
    alice.refresh_from_db()
    assert alice.last_login is not None


@pytest.mark.usefixtures("in_acme", "charlie")
@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("charlie", PASSWORD), ("alice", ""), ("", PASSWORD)],
)
def test_a_wrong_pair_is_refused_and_goes_to_the_journal(alice: User, username: str, password: str) -> None:
    with pytest.raises(WrongCredentials):
        log_in(username=username, password=password, actor=ANONYMOUS)
    assert not LoginSession.objects.exists()
    failed = AuditEvent.objects.get(action=Action.LOGIN_FAILED)
    assert failed.entity_id == (alice.id if username == "alice" else None)
    assert failed.details == {}


WRONG = "wrong"
NAMES = ["nobody", "alice", "sam", "gina", "root", "kim", "closed"]


@pytest.fixture
def everybody(alice: User, sam: User, gina: User, root: User, acme: Tenant, globex: Tenant) -> None:
    """A name of each kind: kim is both a customer of acme and staff who work there."""
    CustomerFactory.create(tenant=acme, username="kim")
    StaffFactory.create(tenant=globex, username="kim")
    add_tenant_member(tenant_id=acme.id, username="kim", actor=SYSTEM)
    closed = CustomerFactory.create(tenant=acme, username="closed")
    with tenant_scope(acme.id):
        close_account(user_id=closed.id, actor=SYSTEM)


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("username", NAMES)
def test_a_refusal_costs_the_same_work_whoever_is_meant(username: str, in_acme: Tenant, hashed: list[str]) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(WrongCredentials):
        log_in(username=username, password=WRONG, actor=ANONYMOUS)
    reads = [query for query in queries if 'FROM "accounts_user"' in query["sql"]]
    assert (hashed, len(reads)) == ([WRONG, WRONG], 2)


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("username", NAMES)
def test_a_refusal_of_the_back_office_does_too(username: str, hashed: list[str]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert authenticate_staff_member(username=username, password=WRONG, actor=ANONYMOUS) is None
    reads = [query for query in queries if 'FROM "accounts_user"' in query["sql"]]
    assert (hashed, len(reads)) == ([WRONG], 1)


def test_a_log_in_that_succeeds_costs_one_hash(alice: User, root: User, in_acme: Tenant, hashed: list[str]) -> None:
    for username in ("alice", "root"):
        hashed.clear()
        log_in(username=username, password=PASSWORD, actor=ANONYMOUS)
        assert hashed == [PASSWORD]


def test_a_colleague_gets_in_though_a_customer_has_their_name(alice: User, in_acme: Tenant) -> None:
    with tenant_scope(SHARED_POOL_ID):
        create_admin_account(username="ALICE", password=PASSWORD[::-1], email="root@example.com")
    pair = tokens_by_password("alice", PASSWORD[::-1])
    assert read_access_token(pair.token).user_id != alice.id


@pytest.mark.usefixtures("in_acme")
def test_a_suspended_user_is_told_so_only_with_the_right_password(alice: User) -> None:
    change_user_status(user_id=alice.id, status="SUSPENDED", actor=SYSTEM)
    with pytest.raises(AccountSuspended):
        log_in(username="alice", password=PASSWORD, actor=ANONYMOUS)
    with pytest.raises(WrongCredentials):
        log_in(username="alice", password="wrong", actor=ANONYMOUS)  # noqa: S106  # a wrong one
    assert not LoginSession.objects.exists()


@pytest.mark.usefixtures("in_acme")
def test_tokens_die_with_suspension_and_stay_dead_afterwards(alice: User) -> None:
    pair = tokens_for(alice)
    change_user_status(user_id=alice.id, status="SUSPENDED", actor=SYSTEM)
    assert not is_good(pair)
    change_user_status(user_id=alice.id, status="ACTIVE", actor=SYSTEM)
    assert not is_good(pair)


@pytest.mark.usefixtures("in_acme")
def test_tokens_die_with_a_new_password(alice: User) -> None:
    pair = tokens_for(alice)
    update_user_profile(
        user_id=alice.id, profile=PROFILE, actor=acting(alice), password=PASSWORD[::-1], current_password=PASSWORD
    )
    assert not is_good(pair)
    with pytest.raises(BadToken):
        renewed_tokens(pair)


@pytest.mark.usefixtures("in_acme")
def test_tokens_survive_a_new_address(alice: User) -> None:
    pair = tokens_for(alice)
    update_user_profile(user_id=alice.id, profile=PROFILE, actor=acting(alice))
    assert is_good(pair)


@pytest.mark.usefixtures("in_acme")
def test_tokens_die_with_the_account(alice: User) -> None:
    pair = tokens_for(alice)
    close_account(user_id=alice.id, actor=acting(alice))
    assert not is_good(pair)


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("name", ["token", "refresh_token"])
def test_revoking_either_token_ends_its_log_in_and_no_other(alice: User, name: str) -> None:
    pair, other = tokens_for(alice), tokens_for(alice)
    revoke_login_session(
        claims=read_access_token(pair.token) if name == "token" else read_refresh_token(pair.refresh_token)
    )
    assert (is_good(pair), is_good(other)) == (False, True)
    with pytest.raises(BadToken):
        renewed_tokens(pair)


@pytest.mark.usefixtures("in_acme")
def test_a_refresh_token_gives_a_new_pair(alice: User) -> None:
    pair = tokens_for(alice)
    fresh = renewed_tokens(pair)
    assert is_good(fresh)
    assert is_good(renewed_tokens(fresh))


@pytest.mark.usefixtures("in_acme")
def test_a_refresh_token_used_twice_revokes_the_whole_family(alice: User) -> None:
    pair, other = tokens_for(alice), tokens_for(alice)
    fresh = renewed_tokens(pair)
    with pytest.raises(BadToken):
        renewed_tokens(pair)
    assert [is_good(one) for one in (pair, fresh, other)] == [False, False, True]
    with pytest.raises(BadToken):
        renewed_tokens(fresh)


@pytest.mark.django_db(transaction=True)
def test_of_ten_simultaneous_refreshes_exactly_one_succeeds(acme: Tenant, alice: User) -> None:
    with tenant_scope(acme.id):
        pair = tokens_for(alice)

    def refresh() -> TokenPair:
        with tenant_scope(acme.id):
            return renewed_tokens(pair)

    outcome = run_together([refresh] * 10)
    assert (len(outcome.results), {type(error) for error in outcome.errors}) == (1, {BadToken})
    with tenant_scope(acme.id):
        assert UsedRefreshToken.objects.count() == 1


@pytest.mark.usefixtures("in_acme")
def test_an_access_token_renews_nothing_and_a_refresh_token_opens_nothing(alice: User) -> None:
    pair = tokens_for(alice)
    with pytest.raises(BadToken):
        read_refresh_token(pair.token)
    with pytest.raises(BadToken):
        read_access_token(pair.refresh_token)
    assert not UsedRefreshToken.objects.exists()


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    "changes",
    [
        {"key": "another key of the same length, which nobody has given to the application"},
        {"algorithm": "HS256"},
        {"algorithm": "none", "key": ""},
        {"exp": 1},
        {"exp": ...},
        {"aud": "somebody-else"},
        {"iss": "somebody-else"},
        {"sub": "alice"},
        {"sub": ...},
        {"sid": 7},
        {"ver": "one"},
        {"tenant": "acme"},
        {"scope": None},
    ],
    ids=str,
)
def test_a_token_of_another_make_is_refused(alice: User, changes: dict[str, str]) -> None:
    pair = tokens_for(alice)
    assert read_access_token(forged(pair.token)).user_id == alice.id
    with pytest.raises(BadToken):
        read_access_token(forged(pair.token, **changes))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\x00", "." * 5000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        read_access_token(token)
    with pytest.raises(BadToken):
        read_refresh_token(token)


def test_a_customers_token_is_good_in_its_own_scope_only(alice: User, acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id):
        pair = tokens_for(alice)
    with tenant_scope(globex.id), pytest.raises(ForeignToken):
        authenticate_token_bearer(read_access_token(pair.token))
    with tenant_scope(globex.id), pytest.raises(ForeignToken):
        renewed_tokens(pair)


def test_staff_act_where_they_are_members_and_nowhere_else(sam: User, acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id):
        pair = tokens_for(sam)
    with tenant_scope(globex.id), pytest.raises(ForeignToken):
        authenticate_token_bearer(read_access_token(pair.token))
    add_tenant_member(tenant_id=globex.id, username="sam", actor=SYSTEM)
    with tenant_scope(globex.id):
        assert authenticate_token_bearer(read_access_token(pair.token)).role is Role.STAFF


def test_staff_who_are_members_no_longer_are_customers_at_home(sam: User, acme: Tenant) -> None:
    with tenant_scope(acme.id):
        pair = tokens_for(sam)
        remove_tenant_member(tenant_id=acme.id, user=sam, actor=SYSTEM)
        assert authenticate_token_bearer(read_access_token(pair.token)).role is Role.CUSTOMER


def test_admins_act_in_every_tenant(root: User, acme: Tenant, pool: Tenant) -> None:
    with tenant_scope(pool.id):
        pair = tokens_for(root)
    with tenant_scope(acme.id):
        assert authenticate_token_bearer(read_access_token(pair.token)).role is Role.ADMIN


def test_staff_log_in_where_they_work_though_their_home_is_elsewhere(gina: User, acme: Tenant) -> None:
    with tenant_scope(acme.id), pytest.raises(WrongCredentials):
        log_in(username="gina", password=PASSWORD, actor=ANONYMOUS)
    add_tenant_member(tenant_id=acme.id, username="gina", actor=SYSTEM)
    with tenant_scope(acme.id):
        assert is_good(tokens_by_password("gina"))


def test_two_tenants_may_each_have_an_alice_and_a_log_in_finds_the_right_one(
    alice: User, globex: Tenant, acme: Tenant
) -> None:
    namesake = CustomerFactory.create(tenant=globex, username="alice")
    for tenant, user in ((acme, alice), (globex, namesake)):
        with tenant_scope(tenant.id):
            pair = tokens_by_password("alice")
        assert read_access_token(pair.token).user_id == user.id


def test_a_customer_with_the_name_of_staff_elsewhere_is_not_mistaken_for_them(acme: Tenant, globex: Tenant) -> None:
    customer = CustomerFactory.create(tenant=acme, username="kim")
    StaffFactory.create(tenant=globex, username="kim")
    add_tenant_member(tenant_id=acme.id, username="kim", actor=SYSTEM)
    with tenant_scope(acme.id):
        pair = tokens_by_password("kim")
    assert read_access_token(pair.token).user_id == customer.id
