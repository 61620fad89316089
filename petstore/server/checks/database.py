"""Checks of the database role, a pooler's timeouts and the encryption of webhooks' secrets."""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, connection

from database.row_security import list_missing_roles, list_unforced_tables
from tenants.scoping import NoTenantScope
from webhooks.services.reencryption import has_unreadable_secrets

_ROLE: Final = """
    SELECT rolsuper OR rolbypassrls,
           EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
                   AND pg_has_role(relowner, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
"""
_TIME_OUTS: Final = """
    SELECT name FROM pg_settings WHERE setting = '0'
    AND name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name
"""


_CURE: Final = "Run create_database_roles (docs/operating.md)."
_ONE_ROLE: Final = (
    "One role of PostgreSQL does everything, so row-level security does not keep the shops apart. On a laptop that is "
    "fine; for more, run create_database_roles (docs/operating.md)."
)


def check_database_role(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a store whose rows row-level security does not keep apart (guarantees, G6 and G17).

    An unreachable database is a warning.
    """
    if not _is_checkable_store(databases):
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ROLE)
            is_unbound, is_owner = cursor.fetchone()
            missing = list_missing_roles(cursor, connection.settings_dict["USER"])
            unforced = list_unforced_tables(cursor)
    except DatabaseError as error:
        return [checks.Warning(f"DATABASE_URL names a database that cannot be asked now: {error}", id="petstore.W020")]
    found: list[CheckMessage] = []
    if is_unbound:
        sentence = "DATABASE_URL must name a role that row-level security binds: neither superuser nor BYPASSRLS."
        found.append(Error(f"{sentence} {_CURE}", id="petstore.E020"))
    elif is_owner:
        sentence = "DATABASE_URL must not name the owner of the tables, who can drop their triggers and policies."
        found.append(Error(f"{sentence} {_CURE}", id="petstore.E022"))
    if missing:
        found.append(Error(f"The database has no role {' and no role '.join(missing)}. {_CURE}", id="petstore.E023"))
    if unforced:
        found.append(
            Error(f"Row-level security is not forced on {', '.join(unforced)}: run migrate.", id="petstore.E024")
        )
    return found


def check_single_role(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn, outside production, of one role for everything; production refuses it."""
    if settings.IS_PRODUCTION or not databases or connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ROLE)
            is_told = any(cursor.fetchone())
    except DatabaseError:  # the command itself tells
        return []
    return [checks.Warning(_ONE_ROLE, id="petstore.W024")] if is_told else []


def check_pooler_timeouts(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn of a pooler whose connections have no statement, lock or idle timeout."""
    if not _is_checkable_store(databases) or connection.settings_dict["OPTIONS"].get("prepare_threshold") is not None:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(_TIME_OUTS)
            missing = [name for (name,) in cursor.fetchall()]
    except DatabaseError:  # which the check of the role tells
        return []
    sentence = (
        f"With DATABASE_PREPARE=off the pooler has to set {', '.join(missing)}: connect_query in docs/operating.md."
    )
    return [checks.Warning(sentence, id="petstore.W023")] if missing else []


def check_webhook_secrets(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn of webhook secrets that cannot be decrypted, because SECRET_KEY was changed without a fallback."""
    if not _is_checkable_store(databases):
        return []
    try:
        is_unreadable = has_unreadable_secrets()
    except (DatabaseError, NoTenantScope):  # it is away, not migrated yet, or its role is told above
        return []
    sentence = "SECRET_KEY does not decrypt the secrets of webhooks: name the key before it in SECRET_KEY_FALLBACKS."
    return [checks.Warning(sentence, id="petstore.W022")] if is_unreadable else []


def _is_checkable_store(databases: Sequence[str] | None) -> bool:
    return settings.IS_PRODUCTION and bool(databases) and connection.vendor == "postgresql"
