"""Transactions that are wider than the scope they are begun in (guarantees, G6)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from tenants.scoping import all_tenants, current_scope, reopen_scope


@contextmanager
def begin_wide_transaction(*, reason: str) -> Iterator[None]:
    """Begin a transaction in which scopes of every tenant may be opened; inside it the open scope is what it was.

    On PostgreSQL a transaction runs in the role for the scope that it was begun in, which cannot become wider.

    Args:
        reason: why rows of other tenants are needed, for the log.

    Raises:
        NoTenantScope
    """
    scope = current_scope()
    with all_tenants(reason=reason), transaction.atomic(), reopen_scope(scope):
        yield
