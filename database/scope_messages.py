"""The message that tells PostgreSQL the tenants in scope, sent together with each statement outside of transactions.

The same message can ask for the tenant's `access_version`, so that what a process remembers of a tenant and its
customers is checked without a round trip (guarantees, G6 and G12).
"""

from typing import NamedTuple

from psycopg.pq.abc import PGresult

from database.postgresql.connections import Connection
from database.postgresql.tenant_settings import NAME, NOTHING
from tenants.scoping import VersionCheck, find_scope

StatementKey = tuple[str, tuple[int, ...]]
"""A statement: its text, and the types of its parameters."""
_UUID = 2950
_SET_TENANT: StatementKey = (f"SELECT set_config('{NAME}', %s, true)", (0,))
_SET_TENANT_AND_ASK: StatementKey = (
    f"SELECT set_config('{NAME}', %s, true), (SELECT access_version FROM tenants_tenant WHERE id = %s)",  # noqa: S608  # a constant
    (0, _UUID),
)


class ScopeMessage(NamedTuple):
    """What is sent before a statement.

    Attributes:
        values: the parameters, as text.
        check: of the tenant's `access_version`; None where none is made.
    """

    key: StatementKey
    values: tuple[bytes, ...]
    check: VersionCheck | None = None

    def check_version(self, answer: PGresult) -> None:
        """Raise TenantChanged where the tenant has another `access_version` by now."""
        if self.check is not None:
            found = answer.get_value(0, 1)
            self.check.compare_version(None if found is None else int(found))


def describe_scope(connection: Connection) -> ScopeMessage | None:
    """Return the message for the open scope; None where no policy binds the connection, or no scope is open."""
    if connection.bound_kind is None:
        return None
    setting = connection.find_tenant_setting()
    if setting == NOTHING:
        return None
    scope = find_scope()
    if scope is None or scope.access_check is None or scope.access_check.expected is None:
        return ScopeMessage(_SET_TENANT, (setting.encode(),))
    text = setting.encode()
    return ScopeMessage(_SET_TENANT_AND_ASK, (text, text), scope.access_check)
