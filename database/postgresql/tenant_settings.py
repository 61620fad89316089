"""The tenants of the open scope, as PostgreSQL's row-level security reads them from a setting (guarantees, G6).

A connection logs in as the role of one kind of scope, and each role has a policy of its own on every tenant's table:

- one tenant: the setting is the tenant's id;
- several: an array of ids;
- all: `all`, or an array of ids where the code has narrowed the scope inside a transaction.

Without the setting, or with an empty one, the policies raise.
"""

from tenants.scoping import NoTenantScope, Scope, ScopeKind, ScopeTooWide

NAME = "petstore.tenant"
EVERY_TENANT = "all"
NOTHING = ""
ROLE_SUFFIXES = {ScopeKind.ONE: "", ScopeKind.SEVERAL: "_several", ScopeKind.ALL: "_all"}
"""What is added to the user of DATABASE_URL for the role of each kind of scope."""


_REFUSALS = (f'parameter "{NAME}"', 'invalid input syntax for type uuid: ""', 'malformed array literal: ""')
"""Messages of PostgreSQL where a policy reads a setting that is not there, or is empty."""


def format_tenant_setting(kind: ScopeKind, scope: Scope | None) -> str:
    """Return the setting's value for a connection of this kind; NOTHING without a scope.

    Raises:
        ScopeTooWide: the connection's role does not see that many tenants.
    """
    if scope is None:
        return NOTHING
    if scope.scope_kind > kind:
        raise ScopeTooWide(f"A scope of {scope.scope_kind.name} inside a transaction that was begun for {kind.name}.")
    if kind is ScopeKind.ONE:
        return str(scope.tenant_id)
    if scope.tenant_ids is None:
        return EVERY_TENANT
    return "{" + ",".join(map(str, scope.tenant_ids)) + "}"


def explain_refusal(message: str) -> NoTenantScope | None:
    """Return the error that a policy's refusal stands for, None where the message is of something else."""
    if any(words in message for words in _REFUSALS):
        return NoTenantScope("Row-level security refused a statement without a tenant scope.")
    return None
