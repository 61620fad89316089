"""Groups of staff: what they permit, and who puts whom into one."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.errors import NotOneself, NotStaff
from accounts.groups import ASSIGNABLE, PERMISSIONS, StaffGroup
from accounts.models import User
from accounts.queries import authenticate_token_bearer, permissions_of_user
from accounts.services.groups import assign_staff_group
from accounts.services.registration import Profile, close_account
from accounts.services.tenants import add_tenant_member, create_staff_account
from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.actor import Permission as Needed
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired, NotFound, StaleVersion
from petstore.interfaces.http.tokens import read_access_token
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.screens import reload_row
from tests.factories import PASSWORD, StaffFactory, acting
from tests.minting import tokens_by_password
from tests.snapshots import snapshot


def groups_of(user: User) -> list[str]:
    return [group.name for group in user.groups.all()]


def over_rest(user: User) -> frozenset[str]:
    """What the user's token is worth at this moment."""
    pair = tokens_by_password(user.username)
    return authenticate_token_bearer(read_access_token(pair.token)).permissions


@pytest.mark.django_db
def test_the_database_says_what_the_table_says() -> None:
    rows = {
        group.name: {
            f"{app}.{name}" for app, name in group.permissions.values_list("content_type__app_label", "codename")
        }
        for group in Group.objects.all()
    }
    assert rows == {group: set(permissions) for group, permissions in PERMISSIONS.items()}


def test_djangos_own_answer_is_ours(in_acme: Tenant) -> None:
    for group in ASSIGNABLE:
        user = reload_row(StaffFactory.create(tenant=in_acme, group=group))
        assert permissions_of_user(user) == over_rest(user) == PERMISSIONS[group]
        assert {needed for needed in Needed if user.has_perm(needed)} == PERMISSIONS[group]


def test_what_an_operator_takes_from_a_group_binds_at_once(in_acme: Tenant, sam: User) -> None:
    Group.objects.get(name="Manager").permissions.remove(Permission.objects.get(codename="change_pet"))
    assert (
        permissions_of_user(reload_row(sam)) == over_rest(sam) == PERMISSIONS[StaffGroup.MANAGER] - {Needed.CHANGE_PETS}
    )


def test_a_permission_of_ones_own_counts_nowhere(in_acme: Tenant) -> None:
    viewer = StaffFactory.create(tenant=in_acme, group=StaffGroup.VIEWER)
    viewer.user_permissions.add(Permission.objects.get(codename="change_pet"))
    assert not reload_row(viewer).has_perm(Needed.CHANGE_PETS)
    assert permissions_of_user(reload_row(viewer)) == over_rest(viewer) == frozenset()


def test_a_customers_token_permits_nothing_whatever_group_they_got_into(in_acme: Tenant, alice: User) -> None:
    alice.groups.add(Group.objects.get(name="Manager"))
    assert not acting(reload_row(alice)).has_permission(Needed.CHANGE_ORDERS)
    assert over_rest(alice) == frozenset()


def test_admins_are_in_their_own_group(root: User, sam: User, alice: User) -> None:
    assert [groups_of(user) for user in (root, sam, alice)] == [["Admin"], ["Manager"], []]


def test_an_admin_changes_a_group_and_the_journal_knows_why(in_acme: Tenant, sam: User, root: User) -> None:
    changed = assign_staff_group(user_id=sam.pk, group="Clerk", actor=acting(root), reason="New job")
    assert groups_of(sam) == ["Clerk"]
    assert changed.version == reload_row(sam).version == sam.version + 1
    event = AuditEvent.objects.filter(action=Action.USER_UPDATED, entity_id=sam.pk).get()
    assert event.details == {"changes": {"group": ["Manager", "Clerk"]}, "reason": "New job"}
    assert event.actor_id == root.pk


def test_it_holds_for_the_token_that_one_has(in_acme: Tenant, sam: User) -> None:
    claims = read_access_token(tokens_by_password("sam").token)
    assert Needed.CHANGE_PETS in authenticate_token_bearer(claims).permissions
    assign_staff_group(user_id=sam.pk, group="Viewer", actor=SYSTEM)
    assert authenticate_token_bearer(claims).permissions == frozenset()


def test_the_same_group_again_changes_nothing(in_acme: Tenant, sam: User) -> None:
    before = snapshot()
    assign_staff_group(user_id=sam.pk, group="Manager", actor=SYSTEM)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"group": "Admin"}, Invalid),
        ({"group": "clerk"}, Invalid),
        ({"group": ""}, Invalid),
        ({"reason": "x" * 501}, Invalid),
        ({"expected_version": 7}, StaleVersion),
        ({"actor": ANONYMOUS}, LoginRequired),
        ({"actor": Actor(role=Role.STAFF, permissions=frozenset(Needed))}, LoginRequired),
    ],
    ids=str,
)
def test_a_refused_change_changes_nothing(
    in_acme: Tenant, sam: User, changed: dict[str, Any], refusal: type[DomainError]
) -> None:
    wanted: dict[str, Any] = {"user_id": sam.pk, "group": "Clerk", "actor": SYSTEM} | changed
    before = snapshot()
    with pytest.raises(refusal):
        assign_staff_group(**wanted)
    assert snapshot() == before


def test_no_staff_give_groups(in_acme: Tenant, sam: User) -> None:
    viewer = StaffFactory.create(tenant=in_acme, group=StaffGroup.VIEWER)
    before = snapshot()
    for user in (sam, viewer):
        with pytest.raises(Forbidden):
            assign_staff_group(user_id=viewer.pk, group="Manager", actor=acting(user))
    assert snapshot() == before


def test_customers_admins_and_strangers_get_none(
    in_acme: Tenant, pool: Tenant, alice: User, root: User, gina: User
) -> None:
    before = snapshot()
    for user, refusal in ((alice, NotStaff), (gina, NotFound)):
        with pytest.raises(refusal):
            assign_staff_group(user_id=user.pk, group="Clerk", actor=SYSTEM)
    with tenant_scope(pool.id), pytest.raises(NotOneself):
        assign_staff_group(user_id=root.pk, group="Clerk", actor=acting(root))
    with tenant_scope(pool.id), pytest.raises(NotStaff):
        assign_staff_group(user_id=root.pk, group="Clerk", actor=SYSTEM)
    assert snapshot() == before


def nora(acme: Tenant, group: Any) -> User:
    profile = Profile(email="nora@example.com", first_name="Nora", last_name="Nowak")
    return create_staff_account(
        tenant_id=acme.id, username="nora", password=PASSWORD, profile=profile, actor=SYSTEM, group=group
    )


@pytest.mark.parametrize("group", ASSIGNABLE)
def test_somebody_new_begins_in_the_group_they_are_employed_for(acme: Tenant, group: StaffGroup) -> None:
    user = nora(acme, group)
    assert groups_of(user) == [group]
    with all_tenants(reason="test"):
        event = AuditEvent.objects.get(action=Action.USER_CREATED, entity_id=user.pk)
    assert event.details["changes"]["group"] == [None, group]


def test_nobody_is_employed_as_an_admin(acme: Tenant) -> None:
    before = snapshot()
    with pytest.raises(Invalid):
        nora(acme, StaffGroup.ADMIN)
    assert snapshot() == before


def test_a_new_member_in_no_group_becomes_a_manager_and_others_stay(globex: Tenant, sam: User, acme: Tenant) -> None:
    clerk = StaffFactory.create(tenant=acme, group=StaffGroup.CLERK)
    sam.groups.clear()
    for user in (sam, clerk):
        add_tenant_member(tenant_id=globex.id, username=user.username, actor=SYSTEM)
    assert [groups_of(sam), groups_of(clerk)] == [["Manager"], ["Clerk"]]


def test_whoever_is_gone_is_in_no_group(in_acme: Tenant, sam: User) -> None:
    close_account(user_id=sam.pk, actor=SYSTEM)
    assert groups_of(sam) == []
