import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.test import override_settings

from accounts.models import LoginSession, User
from accounts.services.sessions import start_login_session
from idempotency.models import IdempotencyRecord
from kernel import clock
from ratelimit.models import RateWindow
from ratelimit.services import consume_quota
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run

OLD = timedelta(hours=30)


@pytest.fixture
def answers(acme: Tenant) -> Tenant:
    """Acme with an old and a young stored answer."""
    with tenant_scope(acme.id):
        for key, age in (("old", OLD), ("young", timedelta(hours=1))):
            names = {"principal": "p", "operation": "o", "key_digest": key, "request_digest": "r"}
            row = IdempotencyRecord(**names, created_at=clock.now() - age)
            row.save(force_insert=True)
    return acme


def _keys(tenant: Tenant) -> set[str]:
    with tenant_scope(tenant.id):
        return set(IdempotencyRecord.objects.values_list("key_digest", flat=True))


def test_old_answers_go_and_young_ones_stay(run: Run, answers: Tenant) -> None:
    run("purge", "--idempotency")
    assert _keys(answers) == {"young"}


def test_a_dry_run_only_counts(run: Run, answers: Tenant) -> None:
    assert run("purge", "--idempotency", "--dry-run") == "1 answers to idempotency keys would be deleted.\n"
    assert _keys(answers) == {"old", "young"}


def test_only_what_is_chosen_goes(run: Run, answers: Tenant) -> None:
    run("purge", "--tokens", "--rate-windows")
    assert _keys(answers) == {"old", "young"}


def test_log_ins_that_ended_go_and_open_ones_stay(run: Run, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        start_login_session(alice)
        start_login_session(alice)
        ended = LoginSession.objects.earliest("pk")
        LoginSession.objects.filter(pk=ended.pk).update(revoked_at=clock.now() - OLD)
        run("purge")
        assert LoginSession.objects.exclude(pk=ended.pk).count() == LoginSession.objects.count() == 1


@pytest.mark.django_db
def test_sessions_that_ended_go_and_open_ones_stay(run: Run) -> None:
    for key, ended in (("old", OLD), ("young", timedelta(hours=-1))):
        Session.objects.create(session_key=key, session_data="", expire_date=clock.now() - ended)
    run("purge", "--sessions", "--dry-run")
    assert Session.objects.count() == 2
    run("purge", "--sessions")
    assert [row.session_key for row in Session.objects.all()] == ["young"]


@pytest.mark.django_db
@override_settings(RATE_LIMIT=(100, 60), LOGIN_RATE_LIMIT=(10, 3600))
def test_windows_that_are_over_go_and_the_current_ones_stay(run: Run) -> None:
    consume_quota("address 192.0.2.7", (100, 60))
    consume_quota("login 192.0.2.7", (10, 3600))
    RateWindow(caller="address 192.0.2.8", window=int(time.time()) - 2 * 3600, used=3).save()
    run("purge", "--rate-windows", "--older-than", "0s")
    assert sorted(row.caller for row in RateWindow.objects.all()) == ["address 192.0.2.7", "login 192.0.2.7"]


@pytest.mark.django_db
@override_settings(RATE_LIMIT=(100, 60), LOGIN_RATE_LIMIT=(10, 60))
def test_windows_that_were_over_a_day_ago_go_by_default(run: Run) -> None:
    for hours in (23, 25):
        RateWindow(caller=f"{hours} hours ago", window=int(time.time()) - hours * 3600, used=3).save()
    run("purge")
    assert [row.caller for row in RateWindow.objects.all()] == ["23 hours ago"]


@pytest.mark.parametrize("age", ["999999d", "24", "-1d", "d"])
def test_an_odd_age_is_refused_and_deletes_nothing(run: Run, answers: Tenant, age: str) -> None:
    with pytest.raises(CommandError, match="give a duration"):
        run("purge", f"--older-than={age}")
    assert _keys(answers) == {"old", "young"}
