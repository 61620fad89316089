"""The second wall: what the database itself refuses, tried on every table that the registry knows."""

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, models, transaction

from kernel import ids
from tenants.models import Tenant
from tenants.scoping import TenantOwned, all_tenants
from tests.databases import owner_connection
from tests.tenants.catalogue import APPEND_ONLY, MODELS, NEVER_DELETED, list_references
from tests.tenants.conftest import Shops

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("two_shops")]
REFERENCES = list(list_references())
REFUSED = (IntegrityError, ProgrammingError)
NO_RIGHT = "permission denied"
"""Roles of PostgreSQL have no right to change what is append-only; on SQLite triggers refuse it."""
FREE_POSITION = 1_000_000
IMPLIED = [model for model in MODELS if not vars(model._meta.get_field("tenant"))["db_constraint"]]


@pytest.fixture
def acme(two_shops: Shops) -> Tenant:
    return two_shops.acme


@pytest.fixture
def globex(two_shops: Shops) -> Tenant:
    return two_shops.globex


def a_row(model: type[TenantOwned], tenant: Tenant) -> Any:
    return model.objects.filter(tenant=tenant).order_by("pk").last()


def a_stranger(field: Any, tenant: Tenant) -> Any:
    """A row of the tenant that the field could name; where it is UNIQUE, one that nothing names yet."""
    rows = field.remote_field.model.objects.filter(tenant=tenant)
    return rows.exclude(pk__in=field.model.objects.values(field.attname)).first() if field.unique else rows.first()


def new_key(row: Any) -> Any:
    kind = row._meta.pk
    if isinstance(kind, models.UUIDField):
        return ids.new_id()
    return None if isinstance(kind, models.AutoField) else FREE_POSITION


def make_new(row: Any) -> None:
    """Let a row that was read be inserted as another one."""
    row.pk, row._state.adding = new_key(row), True
    for field in row._meta.local_fields:
        if field.unique and isinstance(field, models.CharField) and not field.primary_key:
            setattr(row, field.attname, ids.new_id().hex[-(field.max_length or 0) :])


def unguarded(model: type[TenantOwned]) -> "models.QuerySet[Any]":
    """Rows without the model's own refusals, to see the database's."""
    return models.QuerySet(model)


def refuse_to_owner(match: str, *statements: str) -> None:
    """Triggers refuse statements to the owner of the tables, too, who has every right."""
    if connection.vendor != "postgresql":
        return
    with owner_connection() as owner:
        for statement in statements:
            with pytest.raises(psycopg.IntegrityError, match=match):
                owner.execute(statement)


def rows_of(model: type[TenantOwned]) -> list[Any]:
    return list(model.objects.order_by("pk").values())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_row_is_without_a_tenant(model: type[TenantOwned]) -> None:
    with all_tenants(reason="test"):
        before = rows_of(model)
        with pytest.raises(REFUSED), transaction.atomic():
            unguarded(model).update(tenant=None)
        assert rows_of(model) == before


@pytest.mark.parametrize("model", IMPLIED, ids=lambda model: model.__name__)
def test_a_row_whose_parent_implies_its_tenant_is_of_no_other(model: type[TenantOwned], acme: Tenant) -> None:
    with all_tenants(reason="test"):
        row, before = a_row(model, acme), rows_of(model)
        make_new(row)
        for field in (field for owner, field in REFERENCES if owner is model and field.unique):
            setattr(row, field.attname, a_stranger(field, acme).pk)
        row.tenant_id = ids.new_id()
        with pytest.raises(IntegrityError, match=r"same_tenant|another tenant"), transaction.atomic():
            row.save(force_insert=True)
        assert rows_of(model) == before


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_row_never_changes_its_tenant(model: type[TenantOwned], acme: Tenant, pool: Tenant) -> None:
    with all_tenants(reason="test"):
        before = rows_of(model)
        with pytest.raises(REFUSED, match=rf"tenant_immutable|no_update|{NO_RIGHT}"), transaction.atomic():
            unguarded(model).filter(pk=a_row(model, acme).pk).update(tenant=pool)
        assert rows_of(model) == before


@pytest.mark.parametrize(("model", "field"), REFERENCES, ids=lambda value: str(getattr(value, "__name__", value)))
def test_a_row_never_names_a_row_of_another_tenant(
    model: type[TenantOwned], field: Any, acme: Tenant, globex: Tenant
) -> None:
    with all_tenants(reason="test"):
        row, stranger, before = a_row(model, acme), a_stranger(field, globex), rows_of(model)
        make_new(row)
        setattr(row, field.attname, stranger.pk)
        with pytest.raises(IntegrityError, match=r"same_tenant|another tenant"), transaction.atomic():
            row.save(force_insert=True)
        assert rows_of(model) == before


@pytest.mark.parametrize(
    ("model", "field"),
    [(model, field) for model, field in REFERENCES if model not in APPEND_ONLY],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_a_row_is_never_turned_to_a_row_of_another_tenant(
    model: type[TenantOwned], field: Any, acme: Tenant, globex: Tenant
) -> None:
    with all_tenants(reason="test"):
        row, stranger, before = a_row(model, acme), a_stranger(field, globex), rows_of(model)
        with (
            pytest.raises(IntegrityError, match=r"same_tenant|another tenant|same_money|same_message"),
            transaction.atomic(),
        ):
            model.objects.filter(pk=row.pk).update(**{field.attname: stranger.pk})
        assert rows_of(model) == before


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_a_row_of_history_is_never_changed(model: type[TenantOwned]) -> None:
    with all_tenants(reason="test"):
        before = rows_of(model)
        for field in model._meta.local_concrete_fields:
            with pytest.raises(REFUSED, match=f"no_update|{NO_RIGHT}"), transaction.atomic():
                unguarded(model).update(**{field.attname: models.F(field.attname)})
        assert rows_of(model) == before
    columns = [field.column for field in model._meta.local_concrete_fields]
    refuse_to_owner("no_update", *(f"UPDATE {model._meta.db_table} SET {name} = {name}" for name in columns))  # noqa: S608  # ours


@pytest.mark.parametrize("model", NEVER_DELETED, ids=lambda model: model.__name__)
def test_a_row_of_history_is_never_deleted(model: type[TenantOwned]) -> None:
    with all_tenants(reason="test"):
        before = rows_of(model)
        with (
            pytest.raises(REFUSED, match=f"no_delete|{NO_RIGHT}"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  # a table of ours
        assert rows_of(model) == before
    refuse_to_owner("no_delete", f"DELETE FROM {model._meta.db_table}")  # noqa: S608  # a table of ours
