"""What is granted while an application is paused, narrowed or deleted: it waits for the end, and is refused or ended.

`tests/oauth/test_races.py` has the other order: a grant that comes first is ended by the pause that waits for it.
"""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.claims import Claims
from accounts.models import LoginSession, User
from applications.errors import ApplicationNotFound, ApplicationPaused, GrantRefused
from applications.models import Application, AuthorizationCode, DeviceAuthorization
from applications.services import codes, devices, sessions
from applications.services.codes import issue_authorization_code, redeem_authorization_code
from applications.services.devices import (
    answer_device_authorization,
    redeem_device_code,
    start_device_authorization,
)
from applications.services.lifecycle import delete_application, pause_application
from applications.services.registration import change_application
from applications.services.sessions import renew_application_session
from kernel import ids
from kernel.actor import SYSTEM
from kernel.errors import DomainError
from tenants.models import Tenant
from tenants.scoping import public_tenant_id, tenant_scope
from tests.applications.registering import CALLBACK, connect, register
from tests.concurrency import PATIENCE, run_together, wait_until_somebody_waits_for_a_lock
from tests.oauth.granting import CHALLENGE, actor_of, allow

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyway")

Grant = Callable[[], object]
Prepare = Callable[[Application, User], Grant]
End = Callable[[Application], object]


def redeem_a_code(application: Application, user: User) -> Grant:
    given = allow(application, user)
    return lambda: redeem_authorization_code(
        application=application, code=given.code, redirect_uri=given.redirect_uri, code_verifier=given.code_verifier
    )


def redeem_a_device_code(application: Application, user: User) -> Grant:
    with tenant_scope(application.tenant_id):
        started = start_device_authorization(application=application, scopes=application.scopes)
        answer_device_authorization(
            device=started.authorization,
            user=user,
            is_allowed=True,
            scopes=application.scopes,
            actor=actor_of(user),
        )
    return lambda: redeem_device_code(application=application, device_code=started.device_code)


def use_a_refresh_token(application: Application, user: User) -> Grant:
    session = connect(application, user)
    claims = Claims(
        user_id=user.id,
        session_id=session.session_id,
        jti=ids.new_id(),
        tenant_id=public_tenant_id(application.tenant_id),
        scopes=frozenset(session.scopes),
        token_version=user.token_version,
        expires_at=2**31,
        is_staff=False,
        is_customer=True,
        client_id=application.client_id,
    )
    return lambda: renew_application_session(application=application, claims=claims)


def get_a_code(application: Application, user: User) -> Grant:
    allow(application, user)
    return lambda: issue_authorization_code(
        application=application,
        user=user,
        redirect_uri=CALLBACK,
        scopes=application.scopes,
        code_challenge=CHALLENGE,
        actor=actor_of(user),
    )


def ask_from_a_device(application: Application, _user: User) -> Grant:
    return lambda: start_device_authorization(application=application, scopes=application.scopes)


def pause(application: Application) -> None:
    pause_application(application_id=application.id, actor=SYSTEM)


def delete(application: Application) -> None:
    delete_application(application_id=application.id, actor=SYSTEM)


def narrow(application: Application) -> None:
    change_application(
        application_id=application.id,
        name=application.name,
        redirect_uris=application.redirect_uris,
        scopes=["read:pets"],
        is_device=False,
        actor=SYSTEM,
    )


TOKENS: tuple[Prepare, ...] = (redeem_a_code, redeem_a_device_code, use_a_refresh_token)
GRANTS = (*TOKENS, get_a_code, ask_from_a_device)
REFUSALS: dict[End, tuple[type[DomainError], ...]] = {
    pause: (ApplicationPaused,),
    delete: (ApplicationNotFound,),
    narrow: (GrantRefused,),
}


@pytest.fixture
def application(acme: Tenant) -> Application:
    return register(acme, is_device=True).application


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application's row that nobody who grants locks; each reads it as it was committed last."""

    def read_application(application: Application) -> Application:
        found: Application = Application.objects.get(pk=application.pk)
        return found

    for module in (codes, devices):
        monkeypatch.setattr(module, "lock_active_application", read_application)
    monkeypatch.setattr(sessions, "share_active_application", read_application)


def left_over(application: Application) -> int:
    """How many sessions are open, and codes and device requests wait."""
    with tenant_scope(application.tenant_id):
        waiting = AuthorizationCode.objects.filter(used_at=None).count()
        asked = DeviceAuthorization.objects.exclude(status=DeviceAuthorization.Status.USED).count()
        return int(LoginSession.objects.filter(revoked_at=None).count() + waiting + asked)


def grant_while_it_ends(
    application: Application, grant: Grant, end: End, *, has_to_wait: bool = True
) -> list[BaseException]:
    """Begin the end, let the grant run into it, and commit; returns what the grant was refused with."""
    has_ended, is_granted = Event(), Event()

    def end_slowly() -> None:
        with tenant_scope(application.tenant_id), transaction.atomic():
            end(application)
            has_ended.set()
            if has_to_wait:
                wait_until_somebody_waits_for_a_lock()
            else:
                assert is_granted.wait(PATIENCE)

    def grant_into_it() -> None:
        assert has_ended.wait(PATIENCE)
        with tenant_scope(application.tenant_id):
            grant()
        is_granted.set()

    return run_together([end_slowly, grant_into_it]).errors


@on_postgresql
@pytest.mark.parametrize(
    ("prepare", "end"), [(one, end) for one in GRANTS for end in REFUSALS if (one, end) != (get_a_code, narrow)]
)
def test_a_grant_waits_for_the_end_and_is_refused(
    application: Application, alice: User, prepare: Prepare, end: End
) -> None:
    (refusal,) = grant_while_it_ends(application, prepare(application, alice), end)
    assert isinstance(refusal, REFUSALS[end])
    assert left_over(application) == 0


@on_postgresql
def test_a_code_that_waits_for_a_scope_to_go_is_without_it(application: Application, alice: User) -> None:
    assert grant_while_it_ends(application, get_a_code(application, alice), narrow) == []
    with tenant_scope(application.tenant_id):
        assert AuthorizationCode.objects.get().scopes == ["read:pets"]


@on_postgresql
@pytest.mark.usefixtures("no_lock")
@pytest.mark.parametrize("prepare", [get_a_code, ask_from_a_device])
def test_without_the_lock_something_is_granted_to_a_paused_application(
    application: Application, alice: User, prepare: Prepare
) -> None:
    assert grant_while_it_ends(application, prepare(application, alice), pause, has_to_wait=False) == []
    assert left_over(application) == 1


@pytest.mark.parametrize("end", REFUSALS)
def test_whatever_comes_first_nothing_is_left_over(application: Application, alice: User, bob: User, end: End) -> None:
    """Of many at once: those that came first are ended, those that came later are refused."""
    grants = [prepare(application, user) for prepare in TOKENS for user in (alice, bob)]

    def run(step: Callable[[], Any]) -> Callable[[], Any]:
        def in_scope() -> Any:
            with tenant_scope(application.tenant_id):
                return step()

        return in_scope

    outcome = run_together([run(lambda: end(application)), *map(run, grants)])
    assert len(outcome.results) + len(outcome.errors) == len(grants) + 1
    assert all(isinstance(error, REFUSALS[end]) for error in outcome.errors)
    assert left_over(application) == 0
