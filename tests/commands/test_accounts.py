from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management.base import CommandError

from accounts.models import Membership, User
from accounts.queries import find_back_office_user
from kernel.actor import Role
from petstore.interfaces.commands.create_admin import PASSWORD_VARIABLE
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run
from tests.snapshots import snapshot

PASSWORD = "a long enough word"  # noqa: S105  # of people who exist in tests only


@pytest.mark.django_db
def test_create_tenant_prints_the_id_of_an_open_tenant(run: Run) -> None:
    tenant = Tenant.objects.get(pk=UUID(run("create_tenant", "Initech").strip()))
    assert (tenant.name, tenant.slug, tenant.access) == ("Initech", "initech", Tenant.Access.OPEN)


def test_create_tenant_lets_a_staff_member_in(run: Run, sam: User) -> None:
    tenant_id = run("create_tenant", "Initech", "--access", "members", "--staff", "sam").strip()
    with tenant_scope(UUID(tenant_id)):
        assert Membership.objects.get().user_id == sam.id


@pytest.mark.parametrize(
    "words",
    [("Acme",), ("New", "--staff", "nobody"), ("New", "--access", "ajar"), ("x" * 101,), ("Ac\u202eme",), ("Ac\nme",)],
)
def test_create_tenant_refuses_and_makes_nothing(run: Run, acme: Tenant, words: tuple[str, ...]) -> None:
    before = Tenant.objects.count()
    with pytest.raises(CommandError):
        run("create_tenant", *words)
    assert Tenant.objects.count() == before


def test_a_name_of_old_is_told_with_escapes(run: Run, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        User.objects.filter(pk=alice.pk).update(username="alice\x1b[2J\u202e")
    assert "alice\\x1b[2J\\u202e (CUSTOMER) would" in run("erase_user", str(alice.pk), "--dry-run")


@pytest.mark.django_db
def test_create_admin_takes_the_password_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    run("create_admin", "root", "root@example.com")
    admin = find_back_office_user("root")
    assert admin is not None
    assert admin.role == Role.ADMIN
    assert admin.check_password(PASSWORD)


@pytest.mark.django_db
def test_create_admin_takes_the_password_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    run("create_admin", "root", "root@example.com", "--password-stdin")
    admin = find_back_office_user("root")
    assert admin is not None
    assert admin.check_password(PASSWORD)


def test_create_admin_refuses_a_name_that_is_taken(run: Run, sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    with pytest.raises(CommandError, match="taken"):
        run("create_admin", "sam", "root@example.com")


def test_erase_user_closes_the_account_and_forgets_the_person(run: Run, alice: User) -> None:
    run("erase_user", str(alice.id))
    with tenant_scope(alice.tenant_id):
        erased = User.objects.get(pk=alice.id)
    assert erased.status == User.Status.CLOSED
    assert "alice" not in f"{erased.username} {erased.email} {erased.first_name}".lower()


def test_erase_user_only_tells_in_a_dry_run(run: Run, alice: User) -> None:
    assert "alice" in run("erase_user", str(alice.id), "--dry-run")
    with tenant_scope(alice.tenant_id):
        assert User.objects.get(pk=alice.id).username == "alice"


@pytest.mark.django_db
def test_erase_user_does_not_find_a_stranger(run: Run) -> None:
    with pytest.raises(CommandError, match="no such user"):
        run("erase_user", str(uuid4()))


@pytest.mark.parametrize("group", ["Clerk", "viewer"])
def test_assign_group_changes_what_somebody_may(run: Run, sam: User, group: str) -> None:
    assert run("assign_group", "SAM", group, "--reason", "New job") == f"sam {group.title()}\n"
    assert [joined.name for joined in sam.groups.all()] == [group.title()]


@pytest.mark.parametrize(
    "words", [("sam", "Admin"), ("sam", "Boss"), ("alice", "Clerk"), ("root", "Clerk"), ("no", "Clerk")]
)
def test_assign_group_refuses_and_changes_nothing(
    run: Run, sam: User, alice: User, root: User, words: tuple[str, ...]
) -> None:
    before = snapshot()
    with pytest.raises(CommandError):
        run("assign_group", *words)
    assert snapshot() == before
