"""kill -9 in the middle of an exchange leaves either the grant or the tokens, and nothing in between."""

import pytest

from accounts.models import LoginSession, UsedRefreshToken, User
from applications.models import ApplicationSession, AuthorizationCode
from tenants.scoping import all_tenants
from tests.oauth.calling import TOKEN, Caller, error_of
from tests.oauth.elsewhere import (
    AFTER_THE_CODE,
    AFTER_THE_COMMIT,
    AFTER_THE_LOCK,
    AFTER_THE_SESSION,
    exchange_and_hang,
)
from tests.oauth.granting import allow
from tests.processes import running

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> tuple[int, int, int, int]:
    """Log-in sessions, families, used codes and used refresh tokens."""
    with all_tenants(reason="test"):
        return (
            LoginSession.objects.count(),
            ApplicationSession.objects.count(),
            AuthorizationCode.objects.exclude(used_at=None).count(),
            UsedRefreshToken.objects.count(),
        )


def kill_during(caller: Caller, form: dict[str, str], place: str) -> None:
    with running(exchange_and_hang, caller.application.client_id, str(caller.secret), form, place) as process:
        assert process.heard() == "hanging"
        process.kill()
        process.wait()


@pytest.mark.parametrize("place", [AFTER_THE_LOCK, AFTER_THE_SESSION, AFTER_THE_CODE])
def test_before_the_commit_a_code_is_as_good_as_before(probe: Caller, alice: User, place: str) -> None:
    form = allow(probe.application, alice).form
    kill_during(probe, form, place)
    assert counts() == (0, 0, 0, 0)
    assert probe.exchange(form)
    assert counts() == (1, 1, 1, 0)


def test_after_the_commit_a_code_is_used_and_its_tokens_end_with_the_next_try(probe: Caller, alice: User) -> None:
    form = allow(probe.application, alice).form
    kill_during(probe, form, AFTER_THE_COMMIT)
    assert counts() == (1, 1, 1, 0)
    assert error_of(probe.post(TOKEN, form)) == "invalid_grant"
    with all_tenants(reason="test"):
        assert LoginSession.objects.get().revoked_at is not None


@pytest.mark.parametrize("place", [AFTER_THE_LOCK, AFTER_THE_SESSION])
def test_before_the_commit_a_refresh_token_is_as_good_as_before(probe: Caller, alice: User, place: str) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    kill_during(probe, form, place)
    assert counts() == (1, 1, 1, 0)
    assert probe.refresh(tokens["refresh_token"]).status_code == 200
    assert counts() == (1, 1, 1, 1)
