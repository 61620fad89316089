"""Behind PgBouncer in transaction mode every answer is right (G23); 2 000 requests in `tests/stress/pooler.py`."""

from pathlib import Path

import httpx
import pytest
from django.db import transaction
from pytest_django import Settings

from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.factories import PetFactory, TenantFactory
from tests.poolers import pooler
from tests.server.server import serving
from tests.stress.errands import run_errands
from tests.stress.hearing import findings, open_shop
from tests.webhooks.sink import listening_sink

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]


def test_behind_a_pooler_all_answers_and_deliveries_are_right_and_waits_end(tmp_path: Path, settings: Settings) -> None:
    with pooler() as url, listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        shop = open_shop(sink)
        variables = {"DATABASE_URL": url, "DATABASE_PREPARE": "off", "OUTBOUND_ALLOW": f"127.0.0.1:{sink.port}"}
        with serving(tmp_path, "--workers", "2", variables=variables | {"RATE_LIMIT": "off"}) as server:
            answers = run_errands(server.address, shop, clients=10, rounds=4)
            waited = _order_a_locked_pet(server.address)
            heard = findings(shop, sink)
    assert (answers.wrong, set(answers.statuses)) == ([], {200, 201, 204})
    assert (waited.status_code, waited.headers["Retry-After"]) == (503, "1")
    assert (heard.told, heard.lost, heard.phantoms, heard.out_of_order) == (80, 0, 0, 0)


def _order_a_locked_pet(address: str) -> httpx.Response:
    """The pooler's connections have its own limits."""
    pet = PetFactory.create()
    with transaction.atomic(), tenant_scope(SHARED_POOL_ID):
        list(Pet.objects.select_for_update().filter(pk=pet.pk))
        return httpx.post(f"{address}/v1/orders", json={"petId": str(pet.id)}, timeout=30)


def test_with_names_that_other_clients_have_too_some_are_not(tmp_path: Path) -> None:
    """The control: DATABASE_PREPARE=on where a pooler stands between."""
    with pooler(more="ignore_startup_parameters = options") as url:
        shop = TenantFactory.create(access=Tenant.Access.OPEN)
        variables = {"DATABASE_URL": url, "DATABASE_PREPARE": "on", "RATE_LIMIT": "off"}
        with serving(tmp_path, "--workers", "2", variables=variables) as server:
            answers = run_errands(server.address, shop, clients=10, rounds=4)
    assert answers.defects or answers.wrong
