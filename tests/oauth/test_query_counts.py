"""How many statements each call of an application costs (architecture, Manners)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from ratelimit.services import forget_local_leases
from tests.oauth.calling import DEVICE, INTROSPECT, REVOKE, TOKEN, Caller
from tests.oauth.granting import allow


@pytest.fixture(autouse=True)
def no_limit(settings: Settings) -> None:
    """The count of a call against the quota is REST's."""
    settings.RATE_LIMIT = None
    forget_local_leases()


def cost(caller: Caller, path: str, form: dict[str, str]) -> int:
    """The statements of a call, without those that begin and end transactions."""
    with CaptureQueriesContext(connection) as queries:
        assert caller.post(path, form).status_code == 200
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in queries)


def test_an_exchange_a_refresh_and_what_follows(probe: Caller, alice: User) -> None:
    form = allow(probe.application, alice).form
    assert cost(probe, TOKEN, form) == 6
    tokens = probe.exchange(allow(probe.application, alice).form)
    assert cost(probe, TOKEN, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}) == 7
    assert cost(probe, INTROSPECT, {"token": tokens["access_token"]}) == 3
    assert cost(probe, REVOKE, {"token": tokens["access_token"]}) == 2


def test_a_device_s_request(screen: Caller) -> None:
    assert cost(screen, DEVICE, {"scope": "read:pets"}) == 3
