"""The log-in roles of the application: one for each kind of tenant scope; the owner of the tables is a fourth (G6)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.errors import DuplicateObject, UniqueViolation

from database.row_security import name_roles, secure_tables

_ATTRIBUTES: Final = "SELECT rolsuper OR rolbypassrls, rolname = current_user FROM pg_roles WHERE rolname = %s"
_OWNED: Final = """
    SELECT EXISTS (
        SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND pg_get_userbyid(relowner) = %s
    )
"""
_UNPRIVILEGED: Final = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION INHERIT")


@contextmanager
def log_in_as_owner(connection: BaseDatabaseWrapper, owner: Mapping[str, Any] | None) -> Iterator[None]:
    """Let a connection log in as the owner of the tables inside the block; None leaves it as it is."""
    if owner is None or connection.in_atomic_block:
        yield
        return
    connection.close()
    settings, given = connection.settings_dict, {name: owner[name] for name in ("USER", "PASSWORD")}
    before = {name: settings[name] for name in given}
    settings.update(given)
    try:
        yield
    finally:
        connection.close()
        settings.update(before)


def create_database_roles(cursor: Any, user: str, password: str) -> Iterator[str]:
    """Make the roles and give them their rights and policies; yield a sentence for each step that changed something.

    Args:
        cursor: of the owner of the tables, who may create roles.
        user: of DATABASE_URL, whose name the other roles' begin with.
        password: of all of them; empty where the server asks for none.

    Raises:
        ImproperlyConfigured: DATABASE_URL names a superuser, a role that no policy binds, or the owner.
    """
    for name in name_roles(user).values():
        _refuse_privileged_role(cursor, name)
        yield from _create_role(cursor, name, password)
    yield from _take_over_tables(cursor, user)
    _grant_entrance(cursor, tuple(name_roles(user).values()))
    yield from secure_tables(cursor, user)


def _refuse_privileged_role(cursor: Any, name: str) -> None:
    cursor.execute(_ATTRIBUTES, [name])
    is_unbound, is_owner = cursor.fetchone() or (False, False)
    if is_unbound or is_owner:
        raise ImproperlyConfigured(
            f"DATABASE_URL names {name}, which is {'the owner' if is_owner else 'a superuser or has BYPASSRLS'}: no "
            "policy binds it. Name another role there, and the owner in DATABASE_OWNER_URL."
        )


def _create_role(cursor: Any, name: str, password: str) -> Iterator[str]:
    secret = sql.SQL(" PASSWORD {}").format(sql.Literal(password)) if password else sql.SQL("")
    role = sql.Identifier(name)
    cursor.execute(_ATTRIBUTES, [name])
    if cursor.fetchone() is None:
        try:
            cursor.execute(sql.SQL("CREATE ROLE {} {}{}").format(role, _UNPRIVILEGED, secret))
        except (DuplicateObject, UniqueViolation):  # another command was faster
            return
        yield f"{name}: the role was created."
    elif password:
        cursor.execute(sql.SQL("ALTER ROLE {}{}").format(role, secret))
        yield f"{name}: the role was there; its password is that of DATABASE_URL now."


def _take_over_tables(cursor: Any, user: str) -> Iterator[str]:
    """Make the owner own what the role of DATABASE_URL has made while it was the only one."""
    cursor.execute(_OWNED, [user])
    if cursor.fetchone()[0]:
        cursor.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(user)))
        yield f"{user}: its tables belong to the owner now."


def _grant_entrance(cursor: Any, roles: tuple[str, ...]) -> None:
    """Let the roles use the schema and all that the owner will make in it; nobody else may make anything."""
    cursor.execute("SELECT current_database(), current_schema()")
    database, schema = map(sql.Identifier, cursor.fetchone())
    names = {"roles": sql.SQL(", ").join(map(sql.Identifier, roles)), "database": database, "schema": schema}
    for text in (
        "GRANT CONNECT ON DATABASE {database} TO {roles}",
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        "GRANT USAGE ON SCHEMA {schema} TO {roles}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {roles}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {roles}",
    ):
        cursor.execute(sql.SQL(text).format(**names))
