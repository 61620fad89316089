"""Tenants and who works in them."""

from typing import Any

import pytest

from accounts.errors import Duplicate, MembersOnly
from accounts.models import Membership, User
from accounts.queries import find_colleague_in_scope, require_tenant_entry, tenant_ids_of_user
from accounts.services.tenants import add_tenant_member, change_tenant, create_tenant, remove_tenant_member
from events.models import Action, AuditEvent
from kernel import ids
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, LoginRequired, NotFound
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import TenantFactory, acting


def journal(action: Action) -> list[AuditEvent]:
    with all_tenants(reason="test"):
        return list(AuditEvent.objects.filter(action=action).order_by("created_at", "pk"))


def values(tenant: Tenant, **changes: str) -> dict[str, Any]:
    return {name: getattr(tenant, name) for name in ("name", "access", "status")} | {"tenant_id": tenant.id} | changes


def test_an_admin_opens_a_tenant_with_its_first_staff_member(root: User, gina: User) -> None:
    tenant = create_tenant(name="Paws & Co", access="MEMBERS", actor=acting(root), staff_username="GINA")
    assert (tenant.slug, tenant.is_members_only) == ("paws-co", True)
    assert tenant.id in tenant_ids_of_user(gina)
    assert [(event.tenant_id, event.actor_id) for event in journal(Action.TENANT_CREATED)][-1] == (tenant.id, root.id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": ""}, Invalid),
        ({"name": "x" * 101}, Invalid),
        ({"access": "open"}, Invalid),
        ({"staff_username": "nobody"}, Invalid),
        ({"slug": "acme"}, Duplicate),
        ({"actor": ANONYMOUS}, LoginRequired),
    ],
    ids=str,
)
def test_a_tenant_that_is_refused_leaves_nothing_behind(
    acme: Tenant, changes: dict[str, Any], error: type[DomainError]
) -> None:
    wanted: dict[str, Any] = {"name": "Paws", "access": "OPEN", "actor": SYSTEM} | changes
    with pytest.raises(error):
        create_tenant(**wanted)
    assert set(Tenant.objects.values_list("slug", flat=True)) == {"acme", "shared-pool"}
    assert len(journal(Action.TENANT_CREATED)) == 1


@pytest.mark.django_db
def test_a_name_without_latin_letters_still_makes_a_tenant() -> None:
    tenant = TenantFactory.create(name="犬と猫")
    assert tenant.slug == str(tenant.id)


def test_an_admin_changes_a_tenant_and_the_journal_tells_what(acme: Tenant, root: User) -> None:
    change_tenant(actor=acting(root), **values(acme, access="OPEN", status="SUSPENDED"))
    acme.refresh_from_db()
    assert (acme.access, acme.status) == ("OPEN", "SUSPENDED")
    changes = {"access": ["MEMBERS", "OPEN"], "status": ["ACTIVE", "SUSPENDED"]}
    assert [event.details for event in journal(Action.TENANT_UPDATED)] == [{"changes": changes}]


@pytest.mark.parametrize("changes", [{"access": "MEMBERS"}, {"status": "SUSPENDED"}], ids=str)
def test_the_shared_pool_is_neither_closed_nor_suspended(pool: Tenant, changes: dict[str, str]) -> None:
    with pytest.raises(Conflict):
        change_tenant(actor=SYSTEM, **values(pool, **changes))
    pool.refresh_from_db()
    assert (pool.access, pool.status) == ("OPEN", "ACTIVE")


def test_a_tenant_that_does_not_exist_is_not_changed(pool: Tenant) -> None:
    with pytest.raises(NotFound):
        change_tenant(actor=SYSTEM, **values(pool) | {"tenant_id": ids.new_id()})
    assert journal(Action.TENANT_UPDATED) == []


@pytest.mark.parametrize("who", ["alice", "sam"])
def test_neither_customers_nor_staff_manage_tenants(
    request: pytest.FixtureRequest, acme: Tenant, globex: Tenant, gina: User, who: str
) -> None:
    actor: Actor = acting(request.getfixturevalue(who))
    with pytest.raises(Forbidden):
        create_tenant(name="Paws", access="OPEN", actor=actor)
    with pytest.raises(Forbidden):
        change_tenant(actor=actor, **values(acme, name="Mine"))
    with pytest.raises(Forbidden):
        add_tenant_member(tenant_id=globex.id, username="sam", actor=actor)
    with pytest.raises(Forbidden):
        remove_tenant_member(tenant_id=globex.id, user=gina, actor=actor)
    assert set(Tenant.objects.values_list("name", flat=True)) == {"Acme", "Globex", "Shared pool"}
    assert tenant_ids_of_user(gina) == {globex.id}


def test_a_second_invitation_changes_nothing(acme: Tenant, sam: User) -> None:
    add_tenant_member(tenant_id=acme.id, username="sam", actor=SYSTEM)
    with tenant_scope(acme.id):
        assert Membership.objects.count() == 1
    assert len(journal(Action.MEMBER_ADDED)) == 1


def test_a_customer_becomes_no_member(acme: Tenant, alice: User) -> None:
    with pytest.raises(Invalid):
        add_tenant_member(tenant_id=acme.id, username="alice", actor=SYSTEM)
    assert tenant_ids_of_user(alice) == frozenset()


def works_in(user: User, tenant: Tenant) -> bool:
    with tenant_scope(tenant.id):
        return find_colleague_in_scope(user.username) == user


def test_staff_work_where_they_are_members_and_admins_everywhere(
    sam: User, root: User, alice: User, acme: Tenant, globex: Tenant
) -> None:
    rights = {user.username: [works_in(user, tenant) for tenant in (acme, globex)] for user in (sam, root, alice)}
    assert rights == {"sam": [True, False], "root": [True, True], "alice": [False, False]}


def test_who_is_removed_works_there_no_longer_and_the_second_time_is_not_recorded(acme: Tenant, sam: User) -> None:
    for _ in range(2):
        remove_tenant_member(tenant_id=acme.id, user=sam, actor=SYSTEM)
    assert not works_in(sam, acme)
    assert len(journal(Action.MEMBER_REMOVED)) == 1


def test_a_members_tenant_lets_nobody_in_unknown(acme: Tenant, pool: Tenant, alice: User) -> None:
    require_tenant_entry(pool, ANONYMOUS)
    require_tenant_entry(acme, acting(alice))
    with pytest.raises(MembersOnly):
        require_tenant_entry(acme, ANONYMOUS)
