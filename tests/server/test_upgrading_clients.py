"""Clients that ask for HTTP/2 on an http:// address (Upgrade: h2c) and send a body with that place their orders."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import PetFactory
from tests.tools import need_tool
from tests.web_process import web_process

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAM = Path(__file__).with_name("java") / "PlaceOrder.java"


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with web_process({"RATE_LIMIT": "off"}) as port:
        yield f"http://127.0.0.1:{port}/v1/orders"


@pytest.fixture
def pet(pool: Tenant) -> Pet:
    rex: Pet = PetFactory.create()
    return rex


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout  # noqa: S603  # ours


def _was_placed(pool: Tenant, pet: Pet) -> bool:
    with tenant_scope(pool.pk):
        return bool(Order.objects.filter(pet=pet).count() == 1)


def test_curl_places_an_order(address: str, pet: Pet, pool: Tenant) -> None:
    body = json.dumps({"petId": str(pet.pk)})
    words = ("--silent", "--http2", "--max-time", "30", "--header", "Content-Type: application/json", "--data", body)
    said = _said(need_tool("curl", package="curl"), *words, "--write-out", " %{http_code}", address)
    assert said.endswith(" 201")
    assert _was_placed(pool, pet)


def test_java_s_own_client_places_an_order(address: str, pet: Pet, pool: Tenant) -> None:
    java = need_tool("java", package="default-jdk-headless")
    said = _said(java, str(PROGRAM), address, json.dumps({"petId": str(pet.pk)}))
    assert said.startswith("201 ")
    assert _was_placed(pool, pet)
