"""What staff may write over REST, group by group, and that all of them may read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.groups import StaffGroup
from accounts.models import User
from kernel import clock
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory, StaffFactory
from tests.pets.pictures import make_plain_picture
from tests.rest.paying import payment_of
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from tests.webhooks.conftest import hook, sink
from tests.webhooks.delivering import deliveries_to, publish_all_events
from webhooks.models import Delivery, Endpoint

__all__ = ["hook", "sink"]

URL = "https://shop.example/hooks"
PET: dict[str, Any] = {"name": "Bo", "species": "CAT", "ageMonths": 3, "price": "90.50"}
CALLBACK = {"amount": "150.00", "currency": "USD", "timestamp": "1735689600", "callbackUrl": URL}
ORDERS, PETS, USERS, WEBHOOKS = "orders", "pets", "users", "webhooks"
MAY: dict[str, set[str]] = {
    "Viewer": set(),
    "Clerk": {ORDERS},
    "Manager": {ORDERS, PETS, USERS, WEBHOOKS},
}


class Shop:
    """Acme with a row of everything that can be written to."""

    def __init__(self, acme: Tenant, alice: User, hook: Endpoint) -> None:
        self.alice, self.hook = alice, hook
        self.pet: Pet = PetFactory.create(tenant=acme)
        self.order: Order = OrderFactory.create(tenant=acme, customer=alice)
        publish_all_events()
        self.delivery = deliveries_to(hook)[0]
        with tenant_scope(acme.id):
            settled = {"status": "FAILED", "due_at": None, "settled_at": clock.now()}
            Delivery.objects.filter(pk=self.delivery.pk).update(**settled)


@pytest.fixture
def shop(acme: Tenant, alice: User, hook: Endpoint) -> Shop:
    return Shop(acme, alice, hook)


Write = Callable[[Client, Shop], Any]
WRITES: dict[str, tuple[str, Write]] = {
    "order for a customer": (
        ORDERS,
        lambda api, shop: api.post("/v1/orders", {"petId": shop.pet.id, "userId": shop.alice.id}),
    ),
    "order for oneself": (ORDERS, lambda api, shop: api.post("/v1/orders", {"petId": shop.pet.id})),
    "order for nobody": (ORDERS, lambda api, shop: api.post("/v1/orders", {"petId": shop.pet.id, "userId": None})),
    "cancel": (ORDERS, lambda api, shop: api.delete(f"/v1/orders/{shop.order.id}")),
    "pay": (ORDERS, lambda api, shop: api.post(f"/v1/orders/{shop.order.id}/payment", payment_of(shop.order))),
    "ask for a callback": (ORDERS, lambda api, shop: api.post(f"/v1/orders/{shop.order.id}", CALLBACK)),
    "approve": (
        ORDERS,
        lambda api, shop: api.patch(f"/v1/admin/orders/{shop.order.id}/status", {"status": "APPROVED"}),
    ),
    "cancel as staff": (
        ORDERS,
        lambda api, shop: api.patch(f"/v1/admin/orders/{shop.order.id}/status", {"status": "CANCELLED"}),
    ),
    "add a pet": (PETS, lambda api, _shop: api.post("/v1/pets", PET)),
    "change a pet": (PETS, lambda api, shop: api.put(f"/v1/pets/{shop.pet.id}", PET)),
    "delete a pet": (PETS, lambda api, shop: api.delete(f"/v1/pets/{shop.pet.id}")),
    "add a photo": (
        PETS,
        lambda api, shop: api.post(
            f"/v1/pets/{shop.pet.id}/images",
            {"file": SimpleUploadedFile("bo.png", make_plain_picture(), "image/png")},
            format="multipart",
        ),
    ),
    "suspend": (
        USERS,
        lambda api, shop: api.patch(f"/v1/admin/users/{shop.alice.id}/status", {"status": "SUSPENDED"}),
    ),
    "subscribe": (WEBHOOKS, lambda api, _shop: api.post("/v1/webhooks", {"url": URL, "events": ["payment.failed"]})),
    "change a webhook": (
        WEBHOOKS,
        lambda api, shop: api.put(
            f"/v1/webhooks/{shop.hook.id}", {"url": URL, "events": ["payment.failed"], "status": "PAUSED"}
        ),
    ),
    "end a webhook": (WEBHOOKS, lambda api, shop: api.delete(f"/v1/webhooks/{shop.hook.id}")),
    "rotate a secret": (WEBHOOKS, lambda api, shop: api.post(f"/v1/webhooks/{shop.hook.id}/secret")),
    "test a webhook": (WEBHOOKS, lambda api, shop: api.post(f"/v1/webhooks/{shop.hook.id}/test")),
    "redeliver": (
        WEBHOOKS,
        lambda api, shop: api.post(f"/v1/webhooks/{shop.hook.id}/deliveries/{shop.delivery.id}/redeliver"),
    ),
}
READS = (
    "orders",
    "orders/{order}",
    "orders/{order}/history",
    "orders/{order}/payments",
    "pets",
    "inventory",
    "users/{alice}",
    "webhooks",
    "webhooks/{hook}",
    "webhooks/{hook}/deliveries",
    "admin/users",
    "admin/users/{alice}",
    "admin/orders",
    "admin/audit-logs",
    "admin/dashboard/stats",
)


def member(api: Client, acme: Tenant, group: str) -> Client:
    return api.as_(StaffFactory.create(tenant=acme, group=StaffGroup(group)))


def cases(*, allowed: bool) -> list[tuple[str, str]]:
    return [(group, name) for group in MAY for name, (about, _) in WRITES.items() if (about in MAY[group]) is allowed]


@pytest.mark.parametrize(("group", "write"), cases(allowed=False))
def test_what_a_group_does_not_permit_is_refused_and_changes_nothing(
    api: Client, acme: Tenant, shop: Shop, group: str, write: str
) -> None:
    client = member(api, acme, group)
    before = snapshot()
    assert_problem(WRITES[write][1](client, shop), 403, "forbidden")
    assert snapshot() == before


@pytest.mark.parametrize(("group", "write"), cases(allowed=True))
def test_what_a_group_permits_is_done(
    api: Client, acme: Tenant, shop: Shop, group: str, write: str, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    client = member(api, acme, group)
    before = snapshot()
    answer = WRITES[write][1](client, shop)
    assert answer.status_code in (200, 201, 202, 204), answer.content
    assert snapshot() != before


@pytest.mark.parametrize("path", READS)
def test_a_viewer_reads_what_staff_read(api: Client, acme: Tenant, shop: Shop, path: str) -> None:
    address = path.format(order=shop.order.id, alice=shop.alice.id, hook=shop.hook.id)
    assert member(api, acme, "Viewer").get(f"/v1/{address}").status_code == 200


@pytest.mark.parametrize("group", MAY)
def test_no_group_makes_an_admin(api: Client, acme: Tenant, shop: Shop, group: str) -> None:
    client = member(api, acme, group)
    before = snapshot()
    answers = (
        client.post(f"/v1/admin/orders/{shop.order.id}/cancel", {"reason": "Forced"}),
        client.delete(f"/v1/users/{shop.alice.id}"),
    )
    assert [answer.status_code for answer in answers] == [403, 403]
    assert snapshot() == before


def test_a_viewer_still_decides_about_their_own_account(api: Client, acme: Tenant) -> None:
    viewer = StaffFactory.create(tenant=acme, group=StaffGroup.VIEWER)
    body = {"firstName": "Vera", "lastName": "Miller", "email": "vera@example.com"}
    assert api.as_(viewer).put(f"/v1/users/{viewer.id}", body).status_code == 200
