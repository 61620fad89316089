"""A receiver on loopback that acme may reach, and acme's endpoint there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from kernel.actor import SYSTEM
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.webhooks.sink import Sink, listening_sink
from webhooks.models import Endpoint
from webhooks.services.endpoints import create_endpoint


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        yield sink


@pytest.fixture
def hook(acme: Tenant, sink: Sink) -> Endpoint:
    """Acme's endpoint at the sink, which hears of everything."""
    return subscribe_endpoint(acme, sink.url(), *EventType.values)


def subscribe_endpoint(tenant: Tenant, url: str, *events: str) -> Endpoint:
    """An endpoint of the tenant, made by the system."""
    with tenant_scope(tenant.id):
        return create_endpoint(url=url, events=events, actor=SYSTEM)
