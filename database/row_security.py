"""Row-level security on every tenant's table, made to agree with the catalogue of PostgreSQL (guarantees, G6 and G16).

The owner of the tables has a policy for everything, for it migrates and its triggers and foreign keys look everywhere.
Each role of the application has the policy of its kind of scope, and the rights that it needs: those of an append-only
table follow from the triggers that refuse its change.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from psycopg import sql

from database.postgresql.tenant_settings import EVERY_TENANT, NAME, ROLE_SUFFIXES
from tenants.scoping import ScopeKind

_SETTING: Final = f"current_setting('{NAME}')"
_EXPRESSIONS: Final[Mapping[ScopeKind, str]] = {
    ScopeKind.ONE: f"tenant_id = {_SETTING}::uuid",
    ScopeKind.SEVERAL: f"tenant_id = ANY ({_SETTING}::uuid[])",
    ScopeKind.ALL: f"(SELECT {_SETTING} = '{EVERY_TENANT}') OR tenant_id = ANY "
    f"((SELECT CASE {_SETTING} WHEN '{EVERY_TENANT}' THEN '{{}}' ELSE {_SETTING} END)::uuid[])",
}
_POLICY_NAMES: Final = {ScopeKind.ONE: "one_tenant", ScopeKind.SEVERAL: "several_tenants", ScopeKind.ALL: "all_tenants"}
_OWNERS_POLICY: Final = "owner"
_TABLES: Final = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT attisdropped),
           pg_has_role(c.relowner, 'MEMBER')
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
_POLICIES: Final = """
    SELECT tablename, policyname, roles[1]::text FROM pg_policies WHERE schemaname = current_schema()
"""
_REFUSED_COLUMNS: Final = """
    SELECT c.relname,
           bool_or(t.tgname LIKE '%\\_no\\_delete'),
           array_remove(array_agg(DISTINCT a.attname::text) FILTER (WHERE t.tgname LIKE '%\\_no\\_update'), NULL)
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = current_schema()::regnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (t.tgattr)
    WHERE NOT t.tgisinternal AND (t.tgname LIKE '%\\_no\\_delete' OR t.tgname LIKE '%\\_no\\_update')
    GROUP BY c.relname
"""
_COLUMNS: Final = """
    SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_ROLES: Final = "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"


class Table(NamedTuple):
    """A table of the application, as the catalogue has it."""

    name: str
    is_enabled: bool
    is_forced: bool
    owner: str
    has_tenant: bool
    is_own: bool


def name_roles(user: str) -> dict[ScopeKind, str]:
    """Return the name of the role of each kind of scope, by the user of DATABASE_URL."""
    return {kind: user + suffix for kind, suffix in ROLE_SUFFIXES.items()}


def list_tables(cursor: Any) -> list[Table]:
    """Read the tables of the schema, those of tenants among them."""
    cursor.execute(_TABLES)
    return [Table(*row) for row in cursor.fetchall()]


def list_missing_roles(cursor: Any, user: str) -> list[str]:
    """Return the roles of the application that the server does not have."""
    names = list(name_roles(user).values())
    cursor.execute(_ROLES, [names])
    found = {name for (name,) in cursor.fetchall()}
    return [name for name in names if name not in found]


def secure_tables(cursor: Any, user: str) -> list[str]:
    """Bring row-level security, policies and rights up to date; return a sentence for each table that was changed.

    Where the server has no roles for the kinds of scope, only the owner gets a policy. Tables of another owner stay as
    they are.

    Args:
        cursor: of a connection of the tables' owner.
        user: of DATABASE_URL.
    """
    roles = {} if list_missing_roles(cursor, user) else name_roles(user)
    tables = [table for table in list_tables(cursor) if table.has_tenant and table.is_own]
    cursor.execute(_POLICIES)
    policies = {(table, policy): role for table, policy, role in cursor.fetchall()}
    done = []
    for table in tables:
        statements = [*_list_switches(table), *_list_policies(table, roles, policies)]
        for statement in statements:
            cursor.execute(statement)
        if statements:
            done.append(f"{table.name}: row-level security is forced; {len(statements)} statements.")
    if roles:
        grant_rights(cursor, tuple(roles.values()))
    return done


def _list_switches(table: Table) -> Iterator[sql.Composed]:
    name = sql.Identifier(table.name)
    if not table.is_enabled:
        yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name)
    if not table.is_forced:
        yield sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(name)


def _list_policies(
    table: Table, roles: Mapping[ScopeKind, str], existing: Mapping[tuple[str, str], str]
) -> Iterator[sql.Composed]:
    wanted = {_POLICY_NAMES[kind]: (role, _EXPRESSIONS[kind]) for kind, role in roles.items()}
    wanted[_OWNERS_POLICY] = (table.owner, "true")
    for policy, (role, expression) in wanted.items():
        present = existing.get((table.name, policy))
        names = {"policy": sql.Identifier(policy), "table": sql.Identifier(table.name), "role": sql.Identifier(role)}
        if present is None:
            yield sql.SQL("CREATE POLICY {policy} ON {table} TO {role} USING ({expression})").format(
                **names,
                expression=sql.SQL(expression),  # of this module
            )
        elif present != role:
            yield sql.SQL("ALTER POLICY {policy} ON {table} TO {role}").format(**names)


def grant_rights(cursor: Any, roles: Sequence[str]) -> None:
    """Grant the application's roles what they need, and not what an append-only table refuses anyway."""
    grantees = sql.SQL(", ").join(map(sql.Identifier, roles))
    cursor.execute(_REFUSED_COLUMNS)
    refused = {table: (no_delete, columns or []) for table, no_delete, columns in cursor.fetchall()}
    for table in [table for table in list_tables(cursor) if table.is_own]:
        for statement in _list_grants(cursor, table.name, grantees, *refused.get(table.name, (False, []))):
            cursor.execute(statement)
    cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(_read_schema(cursor), grantees))


def _read_schema(cursor: Any) -> sql.Identifier:
    cursor.execute("SELECT current_schema()")
    return sql.Identifier(cursor.fetchone()[0])


def _list_grants(
    cursor: Any, table: str, grantees: sql.Composed, no_delete: bool, fixed: Sequence[str]
) -> Iterator[sql.Composed]:
    name, is_append_only = sql.Identifier(table), no_delete or bool(fixed)
    rights = sql.SQL("SELECT, INSERT" if is_append_only else "SELECT, INSERT, UPDATE, DELETE")
    yield sql.SQL("GRANT {} ON {} TO {}").format(rights, name, grantees)
    if not is_append_only:
        return
    yield sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(name, grantees)
    if not no_delete:
        yield sql.SQL("GRANT DELETE ON {} TO {}").format(name, grantees)
    cursor.execute(_COLUMNS, [table])
    free = [sql.Identifier(column) for (column,) in cursor.fetchall() if column not in fixed]
    if free:
        yield sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(sql.SQL(", ").join(free), name, grantees)


def list_unforced_tables(cursor: Any) -> list[str]:
    """Return the tenants' tables whose row-level security is off, is not forced, or has no policy for some role."""
    cursor.execute(_POLICIES)
    with_policies: dict[str, int] = {}
    for table, _policy, _role in cursor.fetchall():
        with_policies[table] = with_policies.get(table, 0) + 1
    policies = len(_POLICY_NAMES) + 1
    return [
        table.name
        for table in list_tables(cursor)
        if table.has_tenant
        and not (table.is_enabled and table.is_forced and with_policies.get(table.name, 0) >= policies)
    ]
