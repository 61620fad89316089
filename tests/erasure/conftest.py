import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from accounts.models import User
from petstore.server.log_format import LineFormatter
from public_events.event_types import EventType
from tenants.models import Tenant
from tests.erasure.crowd import Crowd
from tests.factories import TenantFactory
from tests.webhooks.conftest import subscribe_endpoint


@pytest.fixture
def shop(db: None) -> Tenant:
    """Where one can order without an account, and a shop system hears of everything."""
    shop = TenantFactory.create(name="Bazaar", slug="bazaar", access=Tenant.Access.OPEN)
    subscribe_endpoint(shop, "https://shop.example/hooks", *EventType.values)
    return shop


@pytest.fixture
def crowd(shop: Tenant, root: User) -> Crowd:
    return Crowd(shop, root)


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All that is logged meanwhile, in the form of the server."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter("json"))
    logging.root.addHandler(handler)
    yield stream
    logging.root.removeHandler(handler)
