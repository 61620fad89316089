"""Opening, changing, suspending and closing accounts (contract, Users)."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.errors import CreateAdminByCommand, Duplicate
from accounts.models import Membership, User
from accounts.queries import get_visible_user
from accounts.services.registration import (
    Profile,
    change_user_status,
    close_account,
    create_admin_account,
    register_user,
    update_user_profile,
)
from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, LoginRequired, NotFound, StaleVersion
from orders.models import Order
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.concurrency import run_together
from tests.factories import PASSWORD, CustomerFactory, OrderFactory, StaffFactory, acting

DORA = Profile(email="dora@example.com", first_name="Dora", last_name="Miller")


def join(username: str = "dora", password: str = PASSWORD, profile: Profile = DORA, actor: Actor = ANONYMOUS) -> User:
    return register_user(username=username, password=password, profile=profile, actor=actor)


def state(user: User) -> dict[str, object]:
    with all_tenants(reason="test"):
        return dict(User.objects.values().get(pk=user.pk))


@pytest.mark.usefixtures("in_acme")
def test_anybody_may_open_a_customers_account(acme: Tenant) -> None:
    user = join()
    assert (user.tenant_id, user.role, user.status) == (acme.id, Role.CUSTOMER, User.Status.ACTIVE)
    assert user.check_password(PASSWORD)
    assert AuditEvent.objects.get(action=Action.USER_CREATED).entity_id == user.id


@pytest.mark.usefixtures("in_acme", "alice")
@pytest.mark.parametrize(
    ("username", "email", "field"),
    [("ALICE", "dora@example.com", "username"), ("dora", "Alice@Example.COM", "email")],
)
def test_a_name_or_address_that_is_taken_in_this_scope_is_refused(username: str, email: str, field: str) -> None:
    with pytest.raises(Duplicate) as refused:
        join(username, profile=replace(DORA, email=email))
    assert [fault.field for fault in refused.value.faults] == [field]
    assert User.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.USER_CREATED).count() == 1


def test_a_name_that_is_taken_in_another_scope_is_free(alice: User, globex: Tenant) -> None:
    with tenant_scope(globex.id):
        assert join("alice", profile=replace(DORA, email=alice.email)).id != alice.id


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("password", ["short", "12345678901", "password", "dora-dora"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        join("dora-dora", password=password)
    assert {fault.field for fault in refused.value.faults} == {"password"}
    assert not User.objects.exists()


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    ("field", "value"), [("email", "dora"), ("email", ""), ("first_name", "x" * 101), ("phone", "1" * 17)]
)
def test_a_field_that_does_not_fit_is_named(field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(Invalid) as refused:
        join(profile=replace(DORA, **changes))
    assert {fault.field for fault in refused.value.faults} == {field}
    assert not User.objects.exists()


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("role", [Role.STAFF, Role.ADMIN])
def test_only_admins_open_accounts_of_the_back_office(alice: User, sam: User, role: Role) -> None:
    for actor, error in ((ANONYMOUS, LoginRequired), (acting(alice), Forbidden), (acting(sam), Forbidden)):
        with pytest.raises(error):
            register_user(username="dora", password=PASSWORD, profile=DORA, actor=actor, role=role)
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "sam"}


def test_names_of_the_back_office_are_unique_over_all_tenants(sam: User, globex: Tenant) -> None:
    with pytest.raises(Duplicate):
        StaffFactory.create(tenant=globex, username="Sam")
    with pytest.raises(Duplicate):
        create_admin_account(username="SAM", password=PASSWORD, email="root@example.com")
    with all_tenants(reason="test"):
        assert User.objects.named("sam").get() == sam


def test_a_customer_may_have_the_name_of_staff_elsewhere(sam: User, globex: Tenant) -> None:
    assert CustomerFactory.create(tenant=globex, username="sam").id != sam.id


@pytest.mark.django_db
def test_no_admin_is_made_behind_the_journals_back() -> None:
    with pytest.raises(CreateAdminByCommand):
        User.objects.create_superuser("root")


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_registrations_of_one_name_exactly_one_succeeds(acme: Tenant) -> None:
    def try_to_join() -> User:
        with tenant_scope(acme.id):
            return join()

    outcome = run_together([try_to_join] * 6)
    assert (len(outcome.results), {type(error) for error in outcome.errors}) == (1, {Duplicate})


@pytest.mark.usefixtures("in_acme")
def test_people_change_their_own_profile_and_the_journal_keeps_no_personal_data(alice: User) -> None:
    changed = update_user_profile(user_id=alice.id, profile=replace(DORA, phone="+4930123"), actor=acting(alice))
    assert (changed.email, changed.phone, changed.version) == ("dora@example.com", "+4930123", 2)
    event = AuditEvent.objects.get(action=Action.USER_UPDATED)
    assert set(event.details["changes"]) == {"email", "first_name", "phone"}
    assert "dora@example.com" not in str(event.details)


@pytest.mark.usefixtures("in_acme")
def test_a_profile_read_before_somebody_elses_change_is_not_written_over_it(alice: User) -> None:
    before = state(alice)
    with pytest.raises(StaleVersion):
        update_user_profile(user_id=alice.id, profile=DORA, actor=acting(alice), expected_version=2)
    assert state(alice) == before


@pytest.mark.usefixtures("in_acme")
def test_nobody_takes_an_address_over(alice: User, bob: User) -> None:
    before = state(alice)
    with pytest.raises(Duplicate):
        update_user_profile(user_id=alice.id, profile=replace(DORA, email=bob.email), actor=acting(alice))
    assert state(alice) == before


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("whose", ["bob", "sam", "charlie", "nobody"])
def test_others_neither_change_nor_close_an_account(request: pytest.FixtureRequest, alice: User, whose: str) -> None:
    actor = ANONYMOUS if whose == "nobody" else acting(request.getfixturevalue(whose))
    before = state(alice)
    error = LoginRequired if whose == "nobody" else Forbidden
    with pytest.raises(error):
        update_user_profile(user_id=alice.id, profile=DORA, actor=actor)
    with pytest.raises(error):
        close_account(user_id=alice.id, actor=actor)
    assert state(alice) == before


def test_an_account_of_another_tenant_is_not_found(charlie: User, root: User, acme: Tenant) -> None:
    before = state(charlie)
    with tenant_scope(acme.id):
        for use_case in (close_account, get_visible_user):
            with pytest.raises(NotFound):
                use_case(user_id=charlie.id, actor=acting(root))
        with pytest.raises(NotFound):
            change_user_status(user_id=charlie.id, status="SUSPENDED", actor=acting(root))
    assert state(charlie) == before


@pytest.mark.usefixtures("in_acme")
def test_a_closed_account_keeps_no_personal_data_and_its_orders(alice: User, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    close_account(user_id=alice.id, actor=acting(alice))
    left = str(state(alice)).lower()
    assert "alice" not in left
    assert "miller" not in left
    assert Order.objects.get() == order
    with pytest.raises(NotFound):
        get_visible_user(alice.id, actor=SYSTEM)


@pytest.mark.usefixtures("in_acme")
def test_the_name_of_a_closed_account_is_free_again(alice: User) -> None:
    close_account(user_id=alice.id, actor=acting(alice))
    assert join("alice", profile=replace(DORA, email=alice.email)).id != alice.id


@pytest.mark.usefixtures("in_acme")
def test_staff_who_close_their_account_are_members_no_longer(sam: User) -> None:
    close_account(user_id=sam.id, actor=acting(sam))
    assert not Membership.objects.exists()


@pytest.mark.usefixtures("in_acme")
def test_staff_suspend_a_customer_with_a_reason(alice: User, sam: User) -> None:
    change_user_status(user_id=alice.id, status="SUSPENDED", actor=acting(sam), reason="chargebacks")
    assert state(alice)["status"] == "SUSPENDED"
    event = AuditEvent.objects.get(action=Action.USER_STATUS_CHANGED)
    assert event.details == {"changes": {"status": ["ACTIVE", "SUSPENDED"]}, "reason": "chargebacks"}
    assert (event.actor_id, event.entity_id) == (sam.id, alice.id)


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    ("who", "whom", "status", "error"),
    [
        ("bob", "alice", "SUSPENDED", Forbidden),
        ("sam", "sam", "SUSPENDED", Conflict),
        ("sam", "tom", "SUSPENDED", Forbidden),
        ("sam", "alice", "CLOSED", Invalid),
        ("sam", "alice", "suspended", Invalid),
    ],
)
def test_a_change_of_status_that_is_not_allowed_changes_nothing(
    request: pytest.FixtureRequest, acme: Tenant, who: str, whom: str, status: str, error: type[DomainError]
) -> None:
    tom = StaffFactory.create(tenant=acme, username="tom")
    target = tom if whom == "tom" else request.getfixturevalue(whom)
    before = state(target)
    with pytest.raises(error):
        change_user_status(user_id=target.id, status=status, actor=acting(request.getfixturevalue(who)))
    assert state(target) == before
    assert not AuditEvent.objects.filter(action=Action.USER_STATUS_CHANGED).exists()


@pytest.mark.usefixtures("in_acme")
def test_nobodys_name_hinders_the_closing_of_an_account(alice: User) -> None:
    for username, email in ((f"closed-{alice.id}", "one@example.com"), ("two", f"{alice.id}@closed.invalid")):
        join(username, profile=replace(DORA, email=email))
    close_account(user_id=alice.id, actor=acting(alice))
    alice.refresh_from_db()
    assert alice.status == User.Status.CLOSED


@pytest.mark.usefixtures("in_acme")
def test_nobody_registers_what_a_closed_account_is_called(alice: User) -> None:
    close_account(user_id=alice.id, actor=acting(alice))
    alice.refresh_from_db()
    for username, email in ((alice.username, DORA.email), ("dora", alice.email)):
        with pytest.raises(Invalid):
            join(username, profile=replace(DORA, email=email))
