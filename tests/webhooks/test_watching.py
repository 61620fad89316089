"""Webhooks in `/readyz` and `/metrics` (contract, Health)."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from kernel import clock
from pets.models import Pet
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.webhooks.delivering import deliver_all_due, publish_all_events
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.models import Delivery, Endpoint


@pytest.fixture
def late(hook: Endpoint, in_acme: Tenant, rex: Pet) -> Endpoint:
    """Acme's endpoint, for which two deliveries have been due for minutes."""
    OrderFactory.create(pet=rex)
    publish_all_events()
    Delivery.objects.update(due_at=clock.now() - timedelta(minutes=5))
    return hook


def not_ready(client: Client) -> list[str]:
    checks = client.get("/readyz").json()["checks"]
    return [check["detail"] for check in checks if not check["ok"]]


def read_metric(client: Client, name: str) -> float:
    text = client.get("/metrics").content.decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found
    return float(found[1])


def test_a_worker_that_does_not_send_is_not_ready_until_it_has(client: Client, late: Endpoint) -> None:
    (detail,) = not_ready(client)
    assert detail.startswith("The oldest webhook delivery has waited 30")
    assert read_metric(client, "petstore_deliveries_oldest_due_seconds") >= 300
    deliver_all_due()
    assert not_ready(client) == []
    assert read_metric(client, "petstore_deliveries_oldest_due_seconds") == 0


@pytest.mark.parametrize("ill", [{"failures": 1}, {"status": "PAUSED"}])
def test_an_ill_receiver_is_not_the_workers_fault(client: Client, late: Endpoint, ill: dict[str, object]) -> None:
    Endpoint.objects.update(**ill)
    assert not_ready(client) == []


def test_a_receiver_that_takes_its_time_is_not_the_workers_fault(client: Client, late: Endpoint) -> None:
    claim_due_deliveries({late.id: 1})
    assert not_ready(client) == []


def test_what_waits_and_what_failed_is_counted(client: Client, late: Endpoint) -> None:
    first = Delivery.objects.earliest("id")
    Delivery.objects.filter(pk=first.pk).update(status="FAILED", due_at=None, settled_at=clock.now())
    assert read_metric(client, 'petstore_deliveries{status="pending"}') == 1
    assert read_metric(client, 'petstore_deliveries{status="failed"}') == 1
