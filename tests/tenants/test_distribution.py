"""Keys by tenant: what a database that is spread by tenant could keep, and what it could not (decision 60).

The catalogue of PostgreSQL is read, so a new constraint that reaches over tenants fails here until it is named.
"""

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="its catalogue"),
]
_HAS_TENANT = "EXISTS (SELECT FROM pg_attribute a WHERE attrelid = {table} AND attname = 'tenant_id'{among})"
_OURS = "c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"

OF_NO_TENANT = {
    "accounts_user_groups",
    "accounts_user_user_permissions",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_content_type",
    "django_migrations",
    "django_session",
    "orders_anonymousreservationcount",
    "payments_sandboxentry",
    "ratelimit_ratewindow",
    "server_recurringjob",
    "tenants_tenant",
}
"""Each deployment has its own; a directory of tenants needs nothing else of them."""
UNIQUE_OVER_TENANTS = {
    "user_back_office_username_unique",
    "applications_application_client_id_key",
    "consent_once",
    "applications_deviceauthorization_user_code_key",
    "events_chainlink_event_id_key",
    "events_pendingevent_event_id_key",
    "outgoing_event_one_head",
}
REFERENCES_OVER_TENANTS = {
    ("accounts_loginsession", "accounts_user"),
    ("accounts_membership", "accounts_user"),
    ("applications_applicationsession", "accounts_loginsession"),
    ("applications_applicationsession", "accounts_user"),
    ("applications_applicationsession", "applications_application"),
    ("applications_authorizationcode", "accounts_loginsession"),
    ("applications_authorizationcode", "accounts_user"),
    ("applications_authorizationcode", "applications_application"),
    ("applications_consent", "accounts_user"),
    ("applications_consent", "applications_application"),
    ("applications_deviceauthorization", "accounts_user"),
    ("applications_deviceauthorization", "applications_application"),
}
"""A staff member's home may be another tenant than the one they work in, an application's another than its users'."""


def read_rows(sql: str) -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return set(cursor.fetchall())


def test_every_table_has_a_tenant_but_for_those_of_the_deployment() -> None:
    condition = _HAS_TENANT.format(table="c.oid", among="")
    found = read_rows(f"SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND {_OURS} AND NOT {condition}")  # noqa: S608  # ours
    assert {name for (name,) in found if not name.startswith("procrastinate_")} == OF_NO_TENANT


def test_what_is_unique_is_unique_in_a_tenant_but_for_what_is_named() -> None:
    among = " AND attnum = ANY(indkey::int2[])"
    found = read_rows(
        "SELECT i.relname FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class c ON c.oid = indrelid"  # noqa: S608  # ours
        f" WHERE {_OURS} AND indisunique AND NOT indisprimary AND {_HAS_TENANT.format(table='c.oid', among='')}"
        f" AND NOT {_HAS_TENANT.format(table='c.oid', among=among)}"
    )
    assert {name for (name,) in found} == UNIQUE_OVER_TENANTS


def test_a_reference_between_tenants_tables_has_the_tenant_in_it_but_for_what_is_named() -> None:
    among = " AND attnum = ANY(conkey)"
    found = read_rows(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"  # noqa: S608  # ours
        f" JOIN pg_class c ON c.oid = conrelid WHERE contype = 'f' AND {_OURS}"
        f" AND {_HAS_TENANT.format(table='conrelid', among='')}"
        f" AND NOT {_HAS_TENANT.format(table='conrelid', among=among)}"
    )
    assert found == REFERENCES_OVER_TENANTS
