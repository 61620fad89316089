"""How many queries a message costs, whatever the number of rows (architecture, Manners)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from pets.models import Pet
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.mcp.assistants import Assistant

pytestmark = pytest.mark.django_db

CALLER = 1
"""Which tenant the header names, and who the bearer is in it."""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_local_leases()
    yield
    forget_local_leases()


def count_queries(assistant: Assistant, method: str, params: dict[str, Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        result = assistant.result(method, params)
    assert not result.get("isError"), result
    return len(queries)


@pytest.mark.parametrize("number", [1, 12])
def test_reads_cost_the_same_with_many_rows(alice: User, acme: Tenant, number: int) -> None:
    pets = [PetFactory.create(tenant=acme, photos=(f"https://img.example/{n}.jpg",)) for n in range(number)]
    order = OrderFactory.create(tenant=acme, customer=alice)
    assistant = Assistant.of(alice)
    costs = {
        ("tools/list", ""): CALLER,
        ("prompts/list", ""): CALLER,
        ("search_pets", ""): CALLER + 3,
        ("get_pet", f"petId={pets[0].id}"): CALLER + 2,
        ("get_order", f"orderId={order.id}"): CALLER + 1,
        ("get_inventory", ""): CALLER + 1,
        ("resources/list", ""): CALLER + 1,
        ("resources/read", f"uri=petstore://pets/{pets[0].id}"): CALLER + 2,
        ("resources/read", f"uri=petstore://orders/{order.id}"): CALLER + 1,
    }
    counted = {}
    for name, text in costs:
        arguments = dict([text.split("=")]) if text else {}
        is_tool = "/" not in name
        asked = ("tools/call", {"name": name, "arguments": arguments}) if is_tool else (name, arguments)
        counted[name, text] = count_queries(assistant, *asked)
    assert counted == costs


def test_an_order_costs_what_rest_s_costs(api: Any, alice: User, acme: Tenant, rex: Pet) -> None:
    other = PetFactory.create(tenant=acme)
    assistant, rest = Assistant.of(alice), api.as_(alice)
    over_mcp = count_queries(assistant, "tools/call", {"name": "create_order", "arguments": {"petId": str(rex.id)}})
    with CaptureQueriesContext(connection) as queries:
        assert rest.post("/v1/orders", {"petId": str(other.id)}).status_code == 201
    assert over_mcp == len(queries)
