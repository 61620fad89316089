"""Applications of acme, and people in their browsers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from applications.models import Application
from kernel import clock
from tenants.models import Tenant
from tests.applications.registering import register
from tests.factories import CustomerFactory
from tests.oauth.browsers import Browser, authorize_address
from tests.oauth.calling import Caller


@pytest.fixture(autouse=True)
def served_here(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]


@pytest.fixture
def probe(acme: Tenant) -> Caller:
    """A CONFIDENTIAL application of acme that may read pets and orders."""
    return Caller.of(register(acme))


@pytest.fixture
def mobile(acme: Tenant) -> Caller:
    """A PUBLIC application of acme that may read and write orders."""
    return Caller.of(register(acme, name="Mobile", is_public=True, scopes=["read:orders", "write:orders"]))


@pytest.fixture
def screen(acme: Tenant) -> Caller:
    """A PUBLIC application of acme for devices."""
    return Caller.of(register(acme, name="Screen", is_public=True, is_device=True, scopes=["read:pets"]))


@pytest.fixture
def partner(probe: Caller) -> Application:
    """The same as `probe`, for the pages."""
    return probe.application


@pytest.fixture
def tool(acme: Tenant) -> Application:
    """A PUBLIC application of acme on people's computers."""
    return register(acme, name="Tool", is_public=True, redirect_uris=["http://127.0.0.1/done"]).application


@pytest.fixture
def pam(db: None) -> User:
    """A customer of the shared pool."""
    return CustomerFactory.create(username="pam")


@pytest.fixture
def browser(db: None) -> Browser:
    """Nobody's browser."""
    return Browser()


@pytest.fixture
def alices(alice: User, partner: Application) -> Browser:
    """The browser in which alice is logged in at acme."""
    browser = Browser()
    assert browser.log_in("alice", next_address=authorize_address(partner)).status_code == 302
    return browser


@pytest.fixture
def pass_seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let time pass."""

    def move(seconds: int) -> None:
        then = clock.now() + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda: then)

    return move
