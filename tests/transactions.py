"""The transaction that each test runs in, which holds rows of every tenant."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import TestCase

from database.roles import log_in_as_owner
from tenants.scoping import (
    SHARED_POOL_ID,
    Scope,
    ScopeKind,
    ScopeTooWide,
    all_tenants,
    find_scope,
    tenant_scope,
)
from tests import databases

AS_OWNER = "as_owner"
"""The marker of tests whose transaction is an administrator's: they drop triggers or rewrite what is append-only."""
_logins = ExitStack()


def pytest_runtest_setup(item: pytest.Item) -> None:
    _wanted.is_owner = item.get_closest_marker(AS_OWNER) is not None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    _logins.close()


@contextmanager
def logged_in_as_owner() -> Iterator[None]:
    """Let the connection be that of the tables' owner in the block; for use outside of transactions."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        with log_in_as_owner(connection, databases.owner_login()):
            yield
    else:
        yield


class _Wanted:
    """What the next test wants.

    Attributes:
        is_owner: its transaction is that of the owner of the tables, whom no policy binds.
    """

    is_owner = False


_wanted = _Wanted()


class _Transactions(local):
    """The code's own transactions that are open in a thread, each with the scope that it was begun in."""

    def __init__(self) -> None:
        self.open: list[tuple[Any, Scope | None]] = []

    def find_first_kind(self) -> ScopeKind:
        """Return the kind of scope of the outermost of them that is none of a test's; ALL where there is none."""
        scopes = (scope for atomic, scope in self.open if not getattr(atomic, "_from_testcase", False))
        return next((ScopeKind.ONE if scope is None else scope.scope_kind for scope in scopes), ScopeKind.ALL)


_transactions = _Transactions()


def refuse_wider_scopes() -> None:
    """Refuse scopes that are wider than the code's own transaction around them, as PostgreSQL's roles would.

    Around the transaction of a test, which is of every tenant, nothing else would notice; and SQLite has no roles.
    """
    enter_atomic, leave_atomic = transaction.Atomic.__enter__, transaction.Atomic.__exit__
    opened: Any = type(tenant_scope(SHARED_POOL_ID))
    open_scope = opened.__enter__

    def enter(atomic: Any) -> None:
        enter_atomic(atomic)
        _transactions.open.append((atomic, find_scope()))

    def leave(atomic: Any, *error: Any) -> None:
        _transactions.open.pop()
        leave_atomic(atomic, *error)

    def open_in_transaction(scope: Any) -> None:
        begun, wanted = _transactions.find_first_kind(), scope._opened  # noqa: SLF001  # there is no other way to see it
        if wanted.scope_kind > begun:
            raise ScopeTooWide(f"{wanted.scope_kind.name} inside a transaction of {begun.name}")
        open_scope(scope)

    transaction.Atomic.__enter__ = enter  # type: ignore[method-assign]  # for all tests
    transaction.Atomic.__exit__ = leave  # type: ignore[method-assign]  # as above
    opened.__enter__ = open_in_transaction


def widen_test_transactions() -> None:
    """Let the transactions around tests begin for every tenant, whatever scopes are opened inside of them.

    On PostgreSQL their role sees every tenant, and inside a narrower scope its tenants alone.
    """
    enter_atomics: Any = TestCase._enter_atomics  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way in

    def enter_widely(_cls: type[TestCase]) -> Any:
        connection = connections["default"]
        if _wanted.is_owner and not connection.in_atomic_block:
            _logins.enter_context(logged_in_as_owner())
        with all_tenants(reason="a test's transaction holds rows of every tenant"):
            return enter_atomics()

    TestCase._enter_atomics = classmethod(enter_widely)  # type: ignore[attr-defined]  # noqa: SLF001  # as above
