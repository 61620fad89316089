"""An id is the same id in upper case, wherever it stands (contract, Ids and time)."""

import pytest

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order
from orders.queries import get_order
from orders.states import Status
from pets.models import Pet
from public_events.event_types import EventType
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.payments.sources import card
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from webhooks.services.endpoints import create_endpoint


@pytest.fixture
def order(rex: Pet, bob: User) -> Order:
    order: Order = OrderFactory.create(pet=rex, customer=bob)
    return order


def test_an_order_is_read_and_cancelled_by_its_id_in_upper_case(api: Client, bob: User, order: Order) -> None:
    client, shouted = api.as_(bob), f"/v1/orders/{str(order.id).upper()}"
    read, plain = client.get(shouted), client.get(f"/v1/orders/{order.id}")
    assert (read.json(), read["ETag"]) == (plain.json(), plain["ETag"])
    assert read.json()["id"] == str(order.id)
    assert client.get(shouted, HTTP_IF_NONE_MATCH=plain["ETag"]).status_code == 304
    assert client.delete(shouted).status_code == 204
    with tenant_scope(order.tenant_id):
        assert get_order(order.id, actor=SYSTEM).status == Status.CANCELLED


@pytest.mark.parametrize("spelling", [str.upper, str.title, str.swapcase])
def test_an_id_is_the_same_in_bodies_and_queries(api: Client, sam: User, rex: Pet, spelling: object) -> None:
    assert callable(spelling)
    client, shouted = api.as_(sam), spelling(str(rex.id))
    placed = client.post("/v1/orders", {"petId": shouted})
    assert (placed.status_code, placed.json()["petId"]) == (201, str(rex.id))
    assert placed["Location"].endswith(f"/v1/orders/{placed.json()['id']}")
    assert len(client.get(f"/v1/orders?petId={shouted}").json()["data"]) == 1


def test_one_key_is_one_key_however_the_path_is_spelt(api: Client, bob: User, order: Order) -> None:
    money = {"amount": "150.00", "currency": "USD", "source": card()}
    paths = (f"/v1/orders/{order.id}/payment", f"/v1/orders/{str(order.id).upper()}/payment")
    first, second = (api.as_(bob).post(path, money, HTTP_IDEMPOTENCY_KEY="once") for path in paths)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"


def test_links_show_ids_in_lower_case(api: Client, sam: User) -> None:
    with tenant_scope(sam.tenant_id):
        webhook = create_endpoint(url="https://shop.example/", events=[EventType.PET_STATUS_CHANGED], actor=SYSTEM)
    answer = api.as_(sam).get(f"/v1/webhooks/{str(webhook.id).upper()}/deliveries?limit=5&status=FAILED")
    links = [link for link in answer.json()["links"].values() if link]
    assert len(links) > 1
    assert [f"/v1/webhooks/{webhook.id}/deliveries?" in link for link in links] == [True] * len(links)
    assert "status=FAILED" in links[0]


@pytest.mark.parametrize("change", [lambda t: f"{{{t}}}", lambda t: t.replace("-", ""), lambda t: f"urn:uuid:{t}",
                                    lambda t: f"{t}0", lambda t: t.replace("-", "_"), lambda t: f"{t} "])  # fmt: skip
def test_a_path_id_that_is_no_uuid_is_404(api: Client, bob: User, order: Order, change: object) -> None:
    assert callable(change)
    client = api.as_(bob)
    before = snapshot()
    for spelling in (change(str(order.id)), change(str(order.id).upper())):
        assert_problem(client.delete(f"/v1/orders/{spelling}"), 404, "not-found")
    assert snapshot() == before
