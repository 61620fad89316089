from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from chat.services.counts import count_consultation
from events.hash_chain import seal_pending_events
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.actor import SYSTEM
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def _record(*, age: timedelta) -> None:
    with tenant_scope(SHARED_POOL_ID):
        at = clock.now() - age
        record_event(
            Action.TENANT_UPDATED, entity_type=EntityType.TENANTS, entity_id=SHARED_POOL_ID, actor=SYSTEM, at=at
        )


def test_healthz_says_alive(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_readyz_is_ready_when_the_worker_keeps_up(client: Client) -> None:
    _record(age=timedelta(seconds=2))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert [(check["name"], check["ok"]) for check in answer.json()["checks"]] == [
        ("database", True),
        ("migrations", True),
        ("worker", True),
    ]


def test_readyz_names_the_worker_that_lags_until_it_has_caught_up(client: Client) -> None:
    _record(age=timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [check["name"] for check in answer.json()["checks"] if not check["ok"]] == ["worker"]
    seal_pending_events()
    assert client.get("/readyz").status_code == 200


def test_metrics_count_the_events_that_wait(client: Client) -> None:
    seal_pending_events()
    _record(age=timedelta(minutes=5))
    assert "petstore_pending_events 1.0" in client.get("/metrics").content.decode()


@pytest.mark.parametrize(
    "caller", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, {"HTTP_FORWARDED": "for=192.0.2.7"}]
)
def test_metrics_are_for_callers_on_this_machine(client: Client, caller: dict[str, Any]) -> None:
    assert client.get("/metrics").status_code == 200
    assert Client(**caller).get("/metrics").status_code == 404
    with override_settings(METRICS_PUBLIC=True):
        assert Client(**caller).get("/metrics").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_posted_to_them(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_metrics_count_the_consultations_of_all_tenants_without_naming_one(client: Client) -> None:
    for tenant in (SHARED_POOL_ID, TenantFactory.create().id):
        with tenant_scope(tenant):
            count_consultation(clock.now().date())
    lines = [line for line in client.get("/metrics").content.decode().splitlines() if "consultations" in line]
    assert lines[-1] == "petstore_consultations_total 2.0"
    assert not any("{" in line for line in lines)
