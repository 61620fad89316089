"""The transaction that each test runs in, which holds rows of every tenant."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connections
from django.test import TestCase

from database.roles import log_in_as_owner
from tenants.scoping import all_tenants
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
