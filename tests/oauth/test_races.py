"""Exchanges, refreshes and pauses at the same moment, each with a control (RFC 6749, 10.5)."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from accounts.models import LoginSession, User
from applications.models import Application, AuthorizationCode
from applications.services import codes, sessions
from applications.services.consents import withdraw_consent
from applications.services.lifecycle import pause_application
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.concurrency import PATIENCE, run_together, wait_until_somebody_waits_for_a_lock
from tests.oauth.calling import TOKEN, Caller, is_good
from tests.oauth.granting import actor_of, allow, families
from tests.rest.tokens import me

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 6


def statuses(calls: list[Callable[[], Any]]) -> list[int]:
    outcome = run_together(calls)
    assert outcome.errors == []
    return sorted(response.status_code for response in outcome.results)


def open_sessions() -> int:
    with all_tenants(reason="test"):
        return int(LoginSession.objects.filter(revoked_at=None).count())


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application's row that nobody locks; SQLite has one writer at a time whatever is done."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(codes, "lock_active_application", lambda application: application)
    monkeypatch.setattr(sessions, "share_active_application", lambda application: application)


def test_of_many_who_exchange_one_code_one_gets_tokens_which_the_others_end(probe: Caller, alice: User) -> None:
    form = allow(probe.application, alice).form
    assert statuses([lambda: probe.post(TOKEN, form)] * CROWD) == [200] + [400] * (CROWD - 1)
    assert (families(), open_sessions()) == (1, 0)


@pytest.mark.usefixtures("no_lock")
def test_without_the_lock_one_code_gives_many_tokens(
    probe: Caller, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_has_looked, is_fine = Barrier(CROWD), codes._may_be_exchanged  # noqa: SLF001  # the step between look and write

    def wait_for_all(*arguments: Any) -> bool:
        everybody_has_looked.wait(PATIENCE)
        return is_fine(*arguments)

    monkeypatch.setattr(codes, "_may_be_exchanged", wait_for_all)
    form = allow(probe.application, alice).form
    assert statuses([lambda: probe.post(TOKEN, form)] * CROWD) == [200] * CROWD
    assert families() == CROWD


def test_of_many_who_use_one_refresh_token_one_gets_tokens_which_the_others_end(probe: Caller, alice: User) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    refused = statuses([lambda: probe.refresh(tokens["refresh_token"])] * CROWD)
    assert refused == [200] + [400] * (CROWD - 1)
    assert open_sessions() == 0


def test_of_many_who_use_refresh_tokens_of_their_own_all_get_tokens(probe: Caller, alice: User) -> None:
    """The control: it is the token that is used once, not the application."""
    pairs = [probe.exchange(allow(probe.application, alice).form) for _ in range(CROWD)]
    assert statuses([partial(probe.refresh, pair["refresh_token"]) for pair in pairs]) == [200] * CROWD
    assert open_sessions() == CROWD


End = Callable[[Application, User], None]


def _pause(application: Application, _user: User) -> None:
    pause_application(application_id=application.id, actor=SYSTEM)


def _withdraw(application: Application, user: User) -> None:
    withdraw_consent(consent_id=application.consents.get(user=user).id, actor=actor_of(user))


@pytest.fixture
def exchange_while(mobile: Caller, alice: User, monkeypatch: pytest.MonkeyPatch) -> Callable[[End], str]:
    """Exchange a code, and end everything when it is used up and not committed yet; returns the access token."""
    inside, save = Event(), AuthorizationCode.save

    def save_and_wait(row: AuthorizationCode, *args: Any, **kwargs: Any) -> None:
        save(row, *args, **kwargs)
        if row.used_at is not None:
            inside.set()
            if connection.vendor == "postgresql":
                wait_until_somebody_waits_for_a_lock()

    def run(end: End) -> str:
        form, given = allow(mobile.application, alice).form, []

        def end_all() -> None:
            inside.wait(PATIENCE)
            with tenant_scope(mobile.application.tenant_id):
                end(mobile.application, alice)

        monkeypatch.setattr(AuthorizationCode, "save", save_and_wait)
        assert run_together([lambda: given.append(mobile.exchange(form)["access_token"]), end_all]).errors == []
        token: str = given[0]
        return token

    return run


@pytest.mark.parametrize("end", [_pause, _withdraw])
def test_what_ends_while_a_code_is_exchanged_waits_and_ends_its_tokens_too(
    exchange_while: Callable[[End], str], alice: User, acme: Tenant, end: End
) -> None:
    token = exchange_while(end)
    assert open_sessions() == 0
    assert me(acme, token, alice) == 401


@pytest.mark.usefixtures("no_lock")
@pytest.mark.parametrize("end", [_pause, _withdraw])
def test_without_the_lock_tokens_survive_it(exchange_while: Callable[[End], str], end: End) -> None:
    exchange_while(end)
    assert open_sessions() == 1


def test_a_replay_is_recorded_though_it_is_refused(probe: Caller, alice: User) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    fresh = probe.refresh(tokens["refresh_token"]).json()
    assert probe.refresh(tokens["refresh_token"]).status_code == 400
    assert not is_good(probe, fresh["access_token"])
