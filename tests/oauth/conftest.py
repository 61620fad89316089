from typing import Any

import pytest

from tenants.models import Tenant
from tests.applications.registering import register
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
