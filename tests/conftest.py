"""The standing cast: acme's alice and bob with sam of the staff, globex's charlie with gina, and root over all."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from inspect import signature

import pytest
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from accounts.models import User
from database import timeouts
from database.roles import create_database_roles, log_in_as_owner
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests import databases, pristine, transactions
from tests.client import Client
from tests.factories import AdminFactory, CustomerFactory, PetFactory, StaffFactory, TenantFactory
from tests.tools import skip_for_missing

transactions.widen_test_transactions()
transactions.refuse_wider_scopes()

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
ON_ANY_DATABASE = tuple(f"tests/{name}/" for name in ("asyncapi", "grpc", "mcp", "soap", "socketio", "websocket"))
"""Folders of tests of what goes over a wire; what is read and written for it is tested elsewhere, on each database."""
COLLECT_AFTER = 20_000
"""New objects; Python's own 700 is meant for smaller programs."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(transactions)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests without a database; leave out, with --db sqlite, those that start a server of their own.

    One run of either is enough.
    """
    for item in items:
        if isinstance(item, pytest.Function) and not _may_use_database(item):
            item.add_marker("no_database")
        if item.nodeid.startswith(ON_ANY_DATABASE):
            item.add_marker("any_database")
    if config.getoption("--db") != "sqlite":
        return
    left_out = [item for item in items if item.get_closest_marker("own_store")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("own_store")]


def _may_use_database(item: pytest.Function) -> bool:
    """A test with `request` for an argument may ask for any fixture while it runs."""
    if item.get_closest_marker("django_db") or "request" in signature(item.function).parameters:
        return True
    return not DATABASE_FIXTURES.isdisjoint(item.fixturenames)


def pytest_collection_finish() -> None:
    """What is loaded by now stays loaded: the collector need not walk through it after every few tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


_as_owner = ExitStack()
"""Open while the run's database is made and dropped: by its owner, and without the limits of a request."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The run's database has a name of its own already; Django must not put `test_` before it."""
    settings = connections["default"].settings_dict
    settings["TEST"]["NAME"] = settings["NAME"]
    _become_owner()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        pristine.keep()
        if connection.vendor == "postgresql":
            _prepare_postgresql()
        connections.close_all()
        _as_owner.close()
    yield
    _become_owner()


def _become_owner() -> None:
    _as_owner.enter_context(timeouts.use_timeouts(timeouts.COMMAND))
    if connection.vendor == "postgresql":
        _as_owner.enter_context(log_in_as_owner(connections["default"], databases.owner_login()))


def _prepare_postgresql() -> None:
    """Make the roles of the application; no commit waits for the disk, for the database ends with the run."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET synchronous_commit = off")
        for _ in create_database_roles(cursor, databases.ROLE, connection.settings_dict["PASSWORD"]):
            pass


@pytest.fixture
def redis_url() -> str:
    """The tests' Redis; skips where none answers."""
    if not databases.redis_answers():
        skip_for_missing("Redis", cure="apt-get install redis-server and start it, or name one in TEST_REDIS_URL")
    return databases.REDIS_URL


@pytest.fixture
def revenue_at_once(db: None) -> None:
    """In this test's transaction, which never commits, revenue is written down with each payment."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS payments_payment_revenue_insert, payments_payment_revenue_update IMMEDIATE")


@pytest.fixture
def as_owner(transactional_db: None) -> Iterator[None]:
    """The connection is that of the owner of the tables."""
    with transactions.logged_in_as_owner():
        yield


@pytest.fixture
def api() -> Client:
    return Client()


@pytest.fixture
def pool(db: None) -> Tenant:
    return Tenant.objects.get(pk=SHARED_POOL_ID)


@pytest.fixture
def acme(db: None) -> Tenant:
    return TenantFactory.create(name="Acme", slug="acme")


@pytest.fixture
def globex(db: None) -> Tenant:
    return TenantFactory.create(name="Globex", slug="globex")


@pytest.fixture
def in_acme(acme: Tenant) -> Iterator[Tenant]:
    """Acme, with its scope open for the whole test."""
    with tenant_scope(acme.id):
        yield acme


@pytest.fixture
def alice(acme: Tenant) -> User:
    return CustomerFactory.create(tenant=acme, username="alice")


@pytest.fixture
def bob(acme: Tenant) -> User:
    return CustomerFactory.create(tenant=acme, username="bob")


@pytest.fixture
def sam(acme: Tenant) -> User:
    return StaffFactory.create(tenant=acme, username="sam")


@pytest.fixture
def charlie(globex: Tenant) -> User:
    return CustomerFactory.create(tenant=globex, username="charlie")


@pytest.fixture
def gina(globex: Tenant) -> User:
    return StaffFactory.create(tenant=globex, username="gina")


@pytest.fixture
def root(db: None) -> User:
    return AdminFactory.create(username="root")


@pytest.fixture
def rex(acme: Tenant) -> Pet:
    """Acme's dog."""
    return PetFactory.create(tenant=acme, name="Rex")


@pytest.fixture
def mia(globex: Tenant) -> Pet:
    """Globex's cat."""
    return PetFactory.create(tenant=globex, name="Mia", species=Pet.Species.CAT)


@pytest.fixture
def stray(pool: Tenant) -> Pet:
    """A dog of the shared pool."""
    return PetFactory.create(name="Stray")
