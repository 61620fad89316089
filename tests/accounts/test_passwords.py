"""A link to a new password: good once, for a day, for one account, and until anything about it changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.errors import AccountSuspended, BadResetLink, BadToken
from accounts.groups import StaffGroup
from accounts.models import User
from accounts.queries import authenticate_token_bearer
from accounts.services.passwords import (
    LINK_LIFETIME,
    ResetTokens,
    check_reset_token,
    make_reset_token,
    reset_forgotten_password,
)
from accounts.services.registration import change_user_status, close_account
from accounts.services.sessions import log_in
from events.models import Action, AuditEvent
from kernel import ids
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired, NotFound
from petstore.interfaces.http.tokens import read_access_token
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import PASSWORD, StaffFactory, acting
from tests.minting import tokens_by_password
from tests.snapshots import snapshot

NEW = "a stitch in time saves nine"


def link(user: User, actor: Actor = SYSTEM) -> str:
    with tenant_scope(user.tenant_id):
        return make_reset_token(user_id=user.pk, actor=actor)


def use(user: User, token: str, password: str = NEW) -> User:
    return reset_forgotten_password(user_id=user.pk, token=token, password=password, actor=ANONYMOUS)


def told_of(user: User) -> list[dict[str, Any]]:
    with all_tenants(reason="test"):
        events = AuditEvent.objects.filter(action=Action.USER_UPDATED, entity_id=user.pk)
        return [event.details for event in events.order_by("created_at", "pk")]


def made(user: User, age: timedelta) -> str:
    """A token as it was made so long ago."""

    class Past(ResetTokens):
        def _now(self) -> datetime:
            return super()._now() - age

    return Past().make_token(user)


def test_the_new_password_is_good_and_the_old_one_is_not(alice: User) -> None:
    use(alice, link(alice))
    with all_tenants(reason="test"):
        changed = User.objects.get(pk=alice.pk)
    assert changed.check_password(NEW)
    assert not changed.check_password(PASSWORD)


def test_every_token_issued_so_far_dies(alice: User, in_acme: Tenant) -> None:
    claims = read_access_token(tokens_by_password("alice").token)
    assert authenticate_token_bearer(claims).user_id == alice.pk
    use(alice, link(alice))
    with pytest.raises(BadToken):
        authenticate_token_bearer(claims)


def test_a_link_works_once(alice: User) -> None:
    token = link(alice)
    use(alice, token)
    before = snapshot()
    with pytest.raises(BadResetLink):
        use(alice, token, "yet another one")
    assert snapshot() == before


def test_using_one_link_ends_the_others(alice: User) -> None:
    first, second = link(alice), made(alice, timedelta(hours=1))
    assert check_reset_token(user_id=alice.pk, token=second) == alice
    use(alice, first)
    with pytest.raises(BadResetLink):
        use(alice, second)


def test_a_link_lives_a_day_and_not_a_second_longer(alice: User) -> None:
    assert check_reset_token(user_id=alice.pk, token=made(alice, LINK_LIFETIME - timedelta(seconds=5))) == alice
    with pytest.raises(BadResetLink):
        check_reset_token(user_id=alice.pk, token=made(alice, LINK_LIFETIME + timedelta(seconds=1)))


def suspended(user: User) -> None:
    change_user_status(user_id=user.pk, status="SUSPENDED", actor=SYSTEM)


def suspended_for_a_while(user: User) -> None:
    suspended(user)
    change_user_status(user_id=user.pk, status="ACTIVE", actor=SYSTEM)


def closed(user: User) -> None:
    close_account(user_id=user.pk, actor=SYSTEM)


@pytest.mark.parametrize("happens", [suspended, suspended_for_a_while, closed])
def test_a_link_dies_with_the_account_it_was_made_for(
    alice: User, in_acme: Tenant, happens: Callable[[User], None]
) -> None:
    token = link(alice)
    happens(alice)
    before = snapshot()
    with pytest.raises(BadResetLink):
        use(alice, token)
    assert snapshot() == before


def test_logging_in_meanwhile_does_a_link_no_harm(alice: User, in_acme: Tenant) -> None:
    token = link(alice)
    log_in(username="alice", password=PASSWORD, actor=ANONYMOUS)
    assert check_reset_token(user_id=alice.pk, token=token) == alice


@pytest.mark.parametrize(
    "tampered",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: f"zzzzzz-{token.partition('-')[2]}",
        lambda _token: "",
        lambda _token: "-",
        lambda _token: "a-b-c",
        lambda _token: "ü-✓",
        lambda _token: "z" * 200,
    ],
)
def test_a_tampered_link_is_not_good(alice: User, tampered: Callable[[str], str]) -> None:
    token = link(alice)
    before = snapshot()
    with pytest.raises(BadResetLink):
        use(alice, tampered(token))
    assert snapshot() == before


def test_a_link_is_for_one_account_only(alice: User, bob: User, charlie: User) -> None:
    token = link(alice)
    before = snapshot()
    for other in (bob.pk, charlie.pk, ids.new_id()):
        with pytest.raises(BadResetLink):
            reset_forgotten_password(user_id=other, token=token, password=NEW, actor=ANONYMOUS)
    assert snapshot() == before


@pytest.mark.parametrize("password", ["12345678", "short", "alice@example.com"])
def test_a_refused_password_leaves_the_link_good(alice: User, password: str) -> None:
    token = link(alice)
    before = snapshot()
    with pytest.raises(Invalid):
        use(alice, token, password)
    assert snapshot() == before
    assert use(alice, token) == alice


def test_the_journal_knows_of_both_and_of_no_secret(alice: User, sam: User) -> None:
    token = link(alice, acting(sam))
    use(alice, token)
    handed_out, used = told_of(alice)
    assert "good until" in handed_out["changes"]["passwordResetLink"][1]
    assert used == {"changes": {"password": ["(hidden)", "(hidden)"]}, "reason": "By a reset link."}
    assert token not in str((handed_out, used))


def who_may(sam: User, root: User) -> dict[str, Actor]:
    clerk = StaffFactory.create(tenant=sam.tenant, group=StaffGroup.CLERK)
    viewer = StaffFactory.create(tenant=sam.tenant, group=StaffGroup.VIEWER)
    people = {"manager": sam, "admin": root, "clerk": clerk, "viewer": viewer}
    return {name: acting(user) for name, user in people.items()}


@pytest.mark.parametrize("who", ["manager", "admin"])
def test_managers_and_admins_help_a_customer(in_acme: Tenant, alice: User, sam: User, root: User, who: str) -> None:
    assert use(alice, link(alice, who_may(sam, root)[who])) == alice


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("clerk", Forbidden), ("viewer", Forbidden), ("customer", Forbidden), ("anonymous", LoginRequired)],
)
def test_others_do_not(alice: User, bob: User, sam: User, root: User, who: str, refusal: type[DomainError]) -> None:
    actors = who_may(sam, root) | {"customer": acting(bob), "anonymous": ANONYMOUS}
    before = snapshot()
    with pytest.raises(refusal):
        link(alice, actors[who])
    assert snapshot() == before


def test_an_admin_helps_staff(in_acme: Tenant, sam: User, root: User) -> None:
    assert use(sam, link(sam, acting(root))) == sam


def test_staff_help_neither_a_colleague_nor_themselves(in_acme: Tenant, sam: User) -> None:
    colleague = StaffFactory.create(tenant=sam.tenant)
    before = snapshot()
    for user in (colleague, sam):
        with pytest.raises(Forbidden):
            link(user, acting(sam))
    assert snapshot() == before


def test_there_is_no_link_for_somebody_of_another_tenant(in_acme: Tenant, sam: User, charlie: User) -> None:
    before = snapshot()
    with pytest.raises(NotFound):
        make_reset_token(user_id=charlie.pk, actor=acting(sam))
    assert snapshot() == before


@pytest.mark.parametrize(("happens", "refusal"), [(suspended, AccountSuspended), (closed, NotFound)])
def test_there_is_no_link_for_an_account_that_is_not_active(
    in_acme: Tenant, alice: User, happens: Callable[[User], None], refusal: type[DomainError]
) -> None:
    happens(alice)
    before = snapshot()
    with pytest.raises(refusal):
        link(alice)
    assert snapshot() == before


def test_a_link_names_no_id_that_is_not_there(db: None) -> None:
    with pytest.raises(BadResetLink):
        check_reset_token(user_id=UUID(int=7), token="x-y")  # noqa: S106  # a token that is none
