"""Who may do what, before anything is looked up."""

import pytest

from kernel import ids
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.errors import DomainError, Forbidden, LoginRequired

CUSTOMER, STAFF, ADMIN = (Actor(user_id=ids.new_id(), role=role) for role in (Role.CUSTOMER, Role.STAFF, Role.ADMIN))


@pytest.mark.parametrize("actor", [CUSTOMER, STAFF, ADMIN, SYSTEM])
def test_whoever_is_logged_in_may_do_what_needs_a_login(actor: Actor) -> None:
    actor.require_login()


@pytest.mark.parametrize("actor", [STAFF, ADMIN, SYSTEM])
def test_staff_admins_and_the_system_may_act_for_the_store(actor: Actor) -> None:
    actor.require_staff()


@pytest.mark.parametrize("actor", [ADMIN, SYSTEM])
def test_admins_and_the_system_may_do_what_staff_may_not(actor: Actor) -> None:
    actor.require_admin()


@pytest.mark.parametrize(
    ("actor", "error"), [(ANONYMOUS, LoginRequired), (CUSTOMER, Forbidden)], ids=["anonymous", "customer"]
)
def test_others_may_not_act_for_the_store(actor: Actor, error: type[DomainError]) -> None:
    with pytest.raises(error):
        actor.require_staff()


@pytest.mark.parametrize(
    ("actor", "error"),
    [(ANONYMOUS, LoginRequired), (CUSTOMER, Forbidden), (STAFF, Forbidden)],
    ids=["anonymous", "customer", "staff"],
)
def test_others_may_not_do_what_admins_do(actor: Actor, error: type[DomainError]) -> None:
    with pytest.raises(error):
        actor.require_admin()


def test_histories_name_users_by_id_and_the_others_by_a_word() -> None:
    assert [actor.label for actor in (STAFF, SYSTEM, ANONYMOUS)] == [str(STAFF.user_id), "system", "anonymous"]
