"""Who may do what, before anything is looked up."""

import pytest

from kernel import ids
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Permission, Role
from kernel.errors import DomainError, Forbidden, LoginRequired

CUSTOMER, STAFF, ADMIN = (Actor(user_id=ids.new_id(), role=role) for role in (Role.CUSTOMER, Role.STAFF, Role.ADMIN))
CLERK = Actor(user_id=ids.new_id(), role=Role.STAFF, permissions=frozenset({"orders.change_order"}))
PROMOTED = Actor(user_id=ids.new_id(), role=Role.CUSTOMER, permissions=frozenset(Permission))


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


@pytest.mark.parametrize("actor", [CLERK, ADMIN, SYSTEM])
def test_a_permission_admins_and_the_system_suffice_for_a_write(actor: Actor) -> None:
    actor.require_permission(Permission.CHANGE_ORDERS)
    actor.require_staff_permission(Permission.CHANGE_ORDERS)
    assert actor.has_permission(Permission.CHANGE_ORDERS)


@pytest.mark.parametrize("permission", [*Permission])
@pytest.mark.parametrize(
    ("actor", "error"),
    [(ANONYMOUS, LoginRequired), (CUSTOMER, Forbidden), (PROMOTED, Forbidden), (STAFF, Forbidden)],
    ids=["anonymous", "customer", "customer with a group", "staff without a group"],
)
def test_without_the_permission_nothing_is_written(
    actor: Actor, error: type[DomainError], permission: Permission
) -> None:
    with pytest.raises(error):
        actor.require_permission(permission)
    assert not actor.has_permission(permission)


def test_one_permission_is_not_another() -> None:
    with pytest.raises(Forbidden, match="look at pets"):
        CLERK.require_permission(Permission.CHANGE_PETS)


def test_only_staff_are_held_to_a_permission() -> None:
    CUSTOMER.require_staff_permission(Permission.CHANGE_ORDERS)
    ANONYMOUS.require_staff_permission(Permission.CHANGE_ORDERS)
    with pytest.raises(Forbidden, match="look at orders"):
        STAFF.require_staff_permission(Permission.CHANGE_ORDERS)


def test_histories_name_users_by_id_and_the_others_by_a_word() -> None:
    assert [actor.history_label for actor in (STAFF, SYSTEM, ANONYMOUS)] == [str(STAFF.user_id), "system", "anonymous"]
