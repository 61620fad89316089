"""PostgreSQL keeps tenants apart by itself (guarantees, G6): roles, policies, and statements without a scope."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from database.postgresql.tenant_settings import format_tenant_setting
from database.row_security import list_unforced_tables, secure_tables
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import (
    ALL_TENANTS,
    SHARED_POOL_ID,
    NoTenantScope,
    ScopeTooWide,
    TenantOwned,
    all_tenants,
    member_scope,
    tenant_scope,
)
from tenants.transactions import begin_wide_transaction
from tests import databases
from tests.databases import owner_connection
from tests.factories import PetFactory
from tests.tenants.catalogue import MODELS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row-level security"),
]
EVERY_PET = "SELECT name FROM pets_pet ORDER BY name"
ROLES = {"": databases.ROLE, "_several": f"{databases.ROLE}_several", "_all": f"{databases.ROLE}_all"}


@pytest.fixture
def two_pets(acme: Tenant, globex: Tenant) -> tuple[Pet, Pet]:
    """Rex of Acme and Mia of Globex."""
    return PetFactory.create(tenant=acme, name="Rex"), PetFactory.create(tenant=globex, name="Mia")


def read_names() -> list[str]:
    """The names that a statement without any filter is given."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_PET)
        return [name for (name,) in cursor.fetchall()]


def read_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text")
        return str(cursor.fetchone()[0])


@pytest.mark.usefixtures("two_pets")
def test_a_raw_statement_without_a_filter_gets_the_rows_of_the_scope(acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id):
        assert (read_names(), read_role()) == (["Rex"], ROLES[""])
    with tenant_scope(globex.id):
        assert read_names() == ["Mia"]
    with member_scope([acme.id, globex.id]):
        assert (read_names(), read_role()) == (["Mia", "Rex"], ROLES["_several"])
    with member_scope([acme.id, SHARED_POOL_ID]):
        assert read_names() == ["Rex"]
    with member_scope([]):
        assert read_names() == []
    with all_tenants(reason="test"):
        assert (read_names(), read_role()) == (["Mia", "Rex"], ROLES["_all"])


@pytest.mark.usefixtures("two_pets")
def test_a_raw_statement_without_a_scope_is_refused_before_and_after_others(acme: Tenant) -> None:
    with pytest.raises(NoTenantScope):
        read_names()
    with tenant_scope(acme.id):
        read_names()
    with pytest.raises(NoTenantScope):
        read_names()
    with pytest.raises(NoTenantScope), transaction.atomic():
        read_names()


@pytest.mark.usefixtures("two_pets")
def test_a_thread_has_no_scope_of_its_own(acme: Tenant) -> None:
    seen: list[object] = []

    def look_around() -> None:
        try:
            seen.append(read_names())
        except NoTenantScope as error:
            seen.append(type(error))
        finally:
            connection.close()

    with tenant_scope(acme.id):
        thread = Thread(target=look_around)
        thread.start()
        thread.join()
        assert seen == [NoTenantScope]


@pytest.mark.usefixtures("two_pets")
def test_the_first_statement_of_a_connection_may_be_of_every_tenant(acme: Tenant) -> None:
    connection.close()
    vars(connections["default"]).pop("pg_version", None)  # the first connection of a thread asks for it
    with all_tenants(reason="test"):
        assert (read_names(), read_role()) == (["Mia", "Rex"], ROLES["_all"])
    with tenant_scope(acme.id):
        assert read_names() == ["Rex"]
    connection.close()
    with all_tenants(reason="test"), transaction.atomic():
        assert read_names() == ["Mia", "Rex"]


@pytest.mark.usefixtures("two_pets")
def test_a_transaction_follows_the_scope_and_what_a_savepoint_takes_back(acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id), transaction.atomic():
        assert read_names() == ["Rex"]
        with tenant_scope(globex.id):
            assert read_names() == ["Mia"]
        assert read_names() == ["Rex"]
        with transaction.atomic(), tenant_scope(globex.id):
            assert read_names() == ["Mia"]
            transaction.set_rollback(True)
        assert read_names() == ["Rex"]
        with tenant_scope(globex.id):
            assert read_names() == ["Mia"]


@pytest.mark.usefixtures("two_pets")
def test_a_transaction_becomes_narrower_but_never_wider(acme: Tenant, globex: Tenant) -> None:
    with tenant_scope(acme.id), transaction.atomic():
        read_names()
        with pytest.raises(ScopeTooWide):
            format_tenant_setting(connection.connection.bound_kind, ALL_TENANTS)
    with tenant_scope(acme.id), begin_wide_transaction(reason="test"):
        assert read_names() == ["Rex"]
        with all_tenants(reason="test"):
            assert read_names() == ["Mia", "Rex"]
        with member_scope([globex.id]):
            assert read_names() == ["Mia"]


def test_a_row_of_another_tenant_is_neither_written_nor_changed(two_pets: tuple[Pet, Pet], acme: Tenant) -> None:
    rex, mia = two_pets
    with tenant_scope(acme.id), connection.cursor() as cursor:
        cursor.execute("UPDATE pets_pet SET name = 'Ours'")
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM pets_pet WHERE id = %s", [mia.pk])
        assert cursor.rowcount == 0
        cursor.execute("SELECT tenant_id FROM pets_pet")
        assert cursor.fetchall() == [(rex.tenant_id,)]
    with all_tenants(reason="test"):
        assert read_names() == ["Mia", "Ours"]


@pytest.mark.usefixtures("two_pets")
def test_rows_that_are_fetched_in_parts_are_those_of_the_scope(acme: Tenant) -> None:
    with tenant_scope(acme.id):
        names = Pet.objects.order_by().values_list("name", flat=True).iterator(chunk_size=1)
    with all_tenants(reason="test"):
        every = Pet._base_manager.all().iterator(chunk_size=1)
        first = next(every)
    with tenant_scope(acme.id):
        assert list(names) == ["Rex"]
        assert {first.name, *(pet.name for pet in every)} == {"Mia", "Rex"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_of_tenants_is_forced_and_has_the_four_policies(model: type[TenantOwned]) -> None:
    with owner_connection() as owner:
        found = owner.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        ).fetchone()
        roles = owner.execute("SELECT roles[1] FROM pg_policies WHERE tablename = %s", [model._meta.db_table])
        assert found == (True, True)
        assert {role for (role,) in roles} >= set(ROLES.values())


@pytest.fixture
def unforced() -> Iterator[str]:
    """A table whose owner sees everything again."""
    with owner_connection() as owner:
        owner.execute("ALTER TABLE pets_petphoto NO FORCE ROW LEVEL SECURITY; DROP POLICY one_tenant ON pets_pet")
        yield "pets_petphoto"
        secure_tables(owner.cursor(), databases.ROLE)
        assert list_unforced_tables(owner.cursor()) == []


def test_tables_that_are_not_walled_are_found_and_walled_again(unforced: str) -> None:
    with owner_connection() as owner:
        assert list_unforced_tables(owner.cursor()) == ["pets_pet", unforced]
        changed = secure_tables(owner.cursor(), databases.ROLE)
        assert [sentence.partition(":")[0] for sentence in changed] == ["pets_pet", unforced]
        assert secure_tables(owner.cursor(), databases.ROLE) == []


def test_no_role_of_the_application_owns_anything_or_passes_by_policies() -> None:
    with owner_connection() as owner:
        for role in ROLES.values():
            given = owner.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s", [role]
            )
            assert given.fetchone() == (False, False, False)
            owned = owner.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [role])
            assert owned.fetchone() == (0,)
