"""`purge --oauth` deletes what gives no tokens any more, and nothing else (contract, Commands)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model

from accounts.models import LoginSession, UsedRefreshToken, User
from accounts.services.sessions import start_login_session
from applications.models import Application, ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from kernel import clock, ids
from petstore.server.purge import run_all_purges
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import ask_from_device, connect, give_code, register
from tests.commands.conftest import Run, run

__all__ = ["run"]

LONG_AGO, LATELY = timedelta(hours=25), timedelta(hours=23)


def end(row: Any, age: timedelta) -> None:
    """Let a code, a device request or a session have ended so long ago."""
    at = clock.now() - age
    with tenant_scope(row.tenant_id):
        if isinstance(row, ApplicationSession):
            LoginSession.objects.filter(pk=row.session_id).update(revoked_at=at)
            UsedRefreshToken(jti=ids.new_id(), session_id=row.session_id).save(force_insert=True)
        else:
            type(row).objects.filter(pk=row.pk).update(expires_at=at)


@pytest.fixture
def application(acme: Tenant) -> Application:
    return register(acme, is_device=True).application


@pytest.fixture
def kept(application: Application, alice: User) -> set[Any]:
    """The keys of what is not dead, or not for a day; beside each stands one that is."""
    rows: list[Model] = []
    for make in (give_code, lambda one, _user: ask_from_device(one), connect):
        dead, fresh, good = (make(application, alice) for _ in range(3))
        end(dead, LONG_AGO)
        end(fresh, LATELY)
        rows += [fresh, good]
    return {row.pk for row in rows}


def left() -> set[Any]:
    models = (AuthorizationCode, DeviceAuthorization, ApplicationSession)
    return {key for model in models for key in model.objects.values_list("pk", flat=True)}


def test_the_dead_go_and_the_others_stay(run: Run, kept: set[Any], acme: Tenant) -> None:
    assert run("purge", "--oauth") == "3 codes, device requests and sessions of applications deleted.\n"
    with tenant_scope(acme.id):
        assert left() == kept
        sessions = set(ApplicationSession.objects.values_list("pk", flat=True))
        assert set(LoginSession.objects.values_list("pk", flat=True)) == sessions
        assert UsedRefreshToken.objects.count() == 1
        assert Application.objects.count() == Consent.objects.count() == 1


def test_a_dry_run_only_counts(run: Run, kept: set[Any], acme: Tenant) -> None:
    said = run("purge", "--oauth", "--dry-run")
    assert said == "3 codes, device requests and sessions of applications would be deleted.\n"
    with tenant_scope(acme.id):
        assert len(left()) == len(kept) + 3


def test_an_expired_session_is_dead_too(run: Run, application: Application, alice: User, acme: Tenant) -> None:
    session = connect(application, alice)
    with tenant_scope(acme.id):
        LoginSession.objects.filter(pk=session.pk).update(expires_at=clock.now() - LONG_AGO)
        run("purge", "--oauth")
        assert not LoginSession.objects.exists()


def test_a_log_in_of_ones_own_is_none_of_its_business(run: Run, alice: User, acme: Tenant) -> None:
    with tenant_scope(acme.id):
        session = start_login_session(alice)
        LoginSession.objects.filter(pk=session.pk).update(revoked_at=clock.now() - LONG_AGO)
        run("purge", "--oauth")
        assert LoginSession.objects.count() == 1


def test_the_daily_purge_does_it(kept: set[Any], acme: Tenant) -> None:
    run_all_purges()
    with tenant_scope(acme.id):
        assert left() == kept
