"""Users and tenants: what staff may see and only admins may change."""

from typing import Any

import pytest

from accounts.models import Membership, User
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.screens import Screen, messages_on, reload_row, screen_of, text_of
from tests.factories import PASSWORD
from tests.snapshots import snapshot

NEWCOMER: dict[str, Any] = {"username": "nora", "password": PASSWORD, "email": "nora@example.com", "group": "Manager"}
NO_MEMBERS = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}


def one_more(username: str) -> dict[str, Any]:
    """The members' rows of a tenant's form with one more name."""
    return {"members-TOTAL_FORMS": 1, "members-INITIAL_FORMS": 0, "members-0-username": username}


def shown_tenant_form(tenant: Tenant) -> dict[str, Any]:
    """A tenant's form as it was shown."""
    return {"name": tenant.name, "access": tenant.access, "status": tenant.status}


def works_in(user: User, tenant: Tenant) -> bool:
    with tenant_scope(tenant.id):
        return bool(Membership.objects.filter(user_id=user.pk).exists())


def test_staff_suspend_a_customer_with_a_reason_and_reactivate_them(sams: Screen, alice: User) -> None:
    sams.fill("accounts_user_command", alice.pk, "suspend", version=alice.version, reason="Fraud")
    assert reload_row(alice).status == User.Status.SUSPENDED
    sams.fill("accounts_user_command", alice.pk, "reactivate", version=alice.version)
    assert reload_row(alice).status == User.Status.ACTIVE


def test_staff_cannot_suspend_an_admin_or_a_colleague(sam: User, sams: Screen, acme: Tenant, roots: Screen) -> None:
    roots.fill("accounts_user_add", **NEWCOMER, store=acme.pk)
    with tenant_scope(acme.id):
        nora = User.objects.get(username="nora")
    sams.fill("accounts_user_command", nora.pk, "suspend", version=nora.version, reason="Envy")
    assert reload_row(nora).status == User.Status.ACTIVE
    assert "/command/" not in text_of(sams.open("accounts_user_change", nora.pk))


def test_nobody_suspends_themselves(root: User, roots: Screen) -> None:
    page = roots.fill("accounts_user_command", root.pk, "suspend", version=root.version, reason="Tired")
    assert messages_on(page) == ["root: You cannot change the status of your own account"]
    assert reload_row(root).status == User.Status.ACTIVE


def test_an_admin_closes_an_account_and_staff_cannot(sams: Screen, roots: Screen, alice: User, bob: User) -> None:
    sams.fill("accounts_user_command", alice.pk, "close", version=alice.version)
    assert reload_row(alice).status == User.Status.ACTIVE
    roots.fill("accounts_user_command", bob.pk, "close", version=bob.version)
    assert reload_row(bob).status == User.Status.CLOSED


def test_an_admin_employs_somebody_who_gets_in(roots: Screen, acme: Tenant) -> None:
    roots.fill("accounts_user_add", **NEWCOMER, store=acme.pk)
    with tenant_scope(acme.id):
        nora = User.objects.get(username="nora")
    assert works_in(nora, acme)
    assert screen_of(nora).open("index").context["user"] == nora


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "12345678"}, "This password is too common."),
        ({"username": "ALICE"}, "This username is taken."),
        ({"email": "alice@example.com"}, "This email is taken."),
    ],
)
def test_a_refused_newcomer_is_told_why(
    roots: Screen, acme: Tenant, alice: User, wrong: dict[str, str], sentence: str
) -> None:
    before = snapshot()
    page = roots.fill("accounts_user_add", **NEWCOMER | wrong, store=acme.pk)
    assert sentence in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize("name", ["accounts_user_add", "tenants_tenant_add"])
def test_staff_add_neither_users_nor_tenants(sams: Screen, acme: Tenant, name: str) -> None:
    before = snapshot()
    assert sams.fill(name, **NEWCOMER, store=acme.pk, name="Hooli", slug="hooli", access="OPEN").status_code == 403
    assert snapshot() == before


def test_staff_change_neither_users_nor_tenants(sams: Screen, alice: User, acme: Tenant) -> None:
    before = snapshot()
    answers = (
        sams.fill("accounts_user_change", alice.pk, email="new@example.com", seen_version=alice.version),
        sams.fill("tenants_tenant_change", acme.pk, **shown_tenant_form(acme) | {"name": "Mine"}),
    )
    assert [answer.status_code for answer in answers] == [403, 403]
    assert snapshot() == before


def test_an_admin_corrects_a_profile_and_the_role_stays(roots: Screen, alice: User) -> None:
    values = {"email": "new@example.com", "seen_version": alice.version, "role": "ADMIN", "username": "mallory"}
    roots.fill("accounts_user_change", alice.pk, **values)
    changed = reload_row(alice)
    assert (changed.email, changed.role, changed.username) == ("new@example.com", "CUSTOMER", "alice")


def test_an_admin_opens_a_tenant(roots: Screen) -> None:
    roots.fill("tenants_tenant_add", name="Hooli", slug="hooli", access="MEMBERS")
    assert Tenant.objects.get(slug="hooli").access == Tenant.Access.MEMBERS


def test_a_taken_slug_is_refused_on_the_form(roots: Screen, acme: Tenant) -> None:
    before = snapshot()
    page = roots.fill("tenants_tenant_add", name="Other", slug="acme", access="OPEN")
    assert page.context["adminform"].form.errors
    assert snapshot() == before


def test_an_admin_suspends_a_tenant(roots: Screen, acme: Tenant) -> None:
    roots.fill("tenants_tenant_change", acme.pk, **shown_tenant_form(acme) | {"status": "SUSPENDED"}, **NO_MEMBERS)
    assert Tenant.objects.get(pk=acme.pk).is_suspended


def test_the_shared_pool_is_not_suspended(roots: Screen, pool: Tenant) -> None:
    page = roots.fill(
        "tenants_tenant_change", pool.pk, **shown_tenant_form(pool) | {"status": "SUSPENDED"}, **NO_MEMBERS
    )
    assert "The shared pool stays open and active." in text_of(page)
    assert not Tenant.objects.get(pk=pool.pk).is_suspended


def test_a_member_is_added_and_removed_on_the_tenants_page(roots: Screen, globex: Tenant, sam: User) -> None:
    roots.fill("tenants_tenant_change", globex.pk, **shown_tenant_form(globex), **one_more("sam"))
    assert works_in(sam, globex)
    with all_tenants(reason="the test reads a row's number"):
        number = Membership.objects.get(user=sam, tenant=globex).pk
    gone = {"members-0-id": number, "members-0-DELETE": "on", "members-INITIAL_FORMS": 1, "members-TOTAL_FORMS": 1}
    roots.fill("tenants_tenant_change", globex.pk, **shown_tenant_form(globex), **gone)
    assert not works_in(sam, globex)


def test_a_member_who_is_no_staff_is_refused(roots: Screen, globex: Tenant, alice: User) -> None:
    before = snapshot()
    page = roots.fill("tenants_tenant_change", globex.pk, **shown_tenant_form(globex), **one_more("alice"))
    assert "There is no staff member of this name." in text_of(page)
    assert snapshot() == before


def test_staff_do_not_see_who_else_works_there(sams: Screen, acme: Tenant) -> None:
    assert "members-0-username" not in text_of(sams.open("tenants_tenant_change", acme.pk))
