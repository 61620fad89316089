"""Every operation, answered well and refused. `Client` itself holds each answer against the OpenAPI document."""

from io import BytesIO

import pytest
from django.http import HttpResponse
from PIL import Image

from accounts.models import User
from events.models import AuditEvent
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from public_events.event_types import EventType
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import PASSWORD, OrderFactory, PetFactory
from tests.payments.paying import pay
from tests.payments.sources import card
from tests.rest import conformance
from webhooks.services.endpoints import create_endpoint
from webhooks.services.redelivery import send_test_delivery

NEW_PET = {"name": "Bo", "species": "dog", "ageMonths": 3, "price": "10"}
PERSON = {"firstName": "A", "lastName": "B", "email": "new@example.com"}
NEW_USER = PERSON | {"username": "newcomer", "password": PASSWORD}

URL = "https://shop.example/hooks"
NEW_WEBHOOK = {"url": URL, "events": ["order.statusChanged"]}
MONEY = {"amount": "150.00", "currency": "USD"}
CALLBACK = MONEY | {"timestamp": "1735689600", "callbackUrl": "https://shop.example/done"}

Body = dict[str, str] | None
QUESTION = {"messages": [{"role": "USER", "content": "How do I feed a young rabbit?"}]}
CALLS = [
    ("listPets", "get", "pets", None, 200),
    ("listPets", "get", "pets?limit=0", None, 400),
    ("createPet", "post", "pets", NEW_PET, 201),
    ("createPet", "post", "pets", {"wings": 2}, 400),
    ("searchPets", "post", "pets/search", {}, 200),
    ("searchPets", "post", "pets/search", {"criteria": 1}, 400),
    ("getPet", "get", "pets/{free}", None, 200),
    ("getPet", "get", "pets/{nothing}", None, 404),
    ("updatePet", "put", "pets/{free}", NEW_PET, 200),
    ("updatePet", "put", "pets/{held}", NEW_PET | {"status": "ADOPTED"}, 409),
    ("deletePet", "delete", "pets/{free}", None, 204),
    ("deletePet", "delete", "pets/{held}", None, 409),
    ("uploadPetImage", "post", "pets/{free}/images", {}, 415),
    ("getInventory", "get", "inventory", None, 200),
    ("listInventories", "get", "inventories?status=AVAILABLE", None, 200),
    ("listInventories", "get", "inventories?status=SOLD", None, 400),
    ("listOrders", "get", "orders", None, 200),
    ("listOrders", "get", "orders?cursor=x", None, 400),
    ("createOrder", "post", "orders", {"petId": "{free}"}, 201),
    ("createOrder", "post", "orders", {"petId": "{held}"}, 409),
    ("getOrder", "get", "orders/{order}", None, 200),
    ("getOrder", "get", "orders/{nothing}", None, 404),
    ("cancelOrder", "delete", "orders/{order}", None, 204),
    ("cancelOrder", "delete", "orders/{nothing}", None, 404),
    ("getOrderHistory", "get", "orders/{order}/history", None, 200),
    ("getOrderHistory", "get", "orders/{nothing}/history", None, 404),
    ("createUser", "post", "users", NEW_USER, 201),
    ("createUser", "post", "users", NEW_USER | {"username": "sam"}, 409),
    ("getUser", "get", "users/{sam}", None, 200),
    ("getUser", "get", "users/{nothing}", None, 404),
    ("updateUser", "put", "users/{sam}", PERSON, 200),
    ("updateUser", "put", "users/{bob}", PERSON, 403),
    ("deleteUser", "delete", "users/{sam}", None, 204),
    ("deleteUser", "delete", "users/{bob}", None, 403),
    ("createToken", "post", "auth/tokens", {"username": "sam", "password": PASSWORD}, 200),
    ("createToken", "post", "auth/tokens", {"username": "sam", "password": "guess"}, 401),
    ("refreshToken", "post", "auth/tokens/refresh", {"refreshToken": "guess"}, 401),
    ("payOrder", "post", "orders/{order}/payment", MONEY | {"source": card()}, 201),
    ("payOrder", "post", "orders/{order}/payment", MONEY, 400),
    ("listOrderPayments", "get", "orders/{paid}/payments", None, 200),
    ("listOrderPayments", "get", "orders/{nothing}/payments", None, 404),
    ("getReceipt", "get", "receipts/{payment}", None, 200),
    ("getReceipt", "get", "receipts/{nothing}", None, 404),
    ("streamOrderEvents", "get", "orders/{nothing}/events", None, 404),
    ("requestCallback", "post", "orders/{order}", CALLBACK, 201),
    ("requestCallback", "post", "orders/{order}", CALLBACK | {"callbackUrl": "https://10.0.0.1/"}, 400),
    ("listWebhooks", "get", "webhooks", None, 200),
    ("createWebhook", "post", "webhooks", NEW_WEBHOOK, 201),
    ("createWebhook", "post", "webhooks", NEW_WEBHOOK | {"events": []}, 400),
    ("getWebhook", "get", "webhooks/{webhook}", None, 200),
    ("getWebhook", "get", "webhooks/{nothing}", None, 404),
    ("updateWebhook", "put", "webhooks/{webhook}", NEW_WEBHOOK, 200),
    ("updateWebhook", "put", "webhooks/{webhook}", NEW_WEBHOOK | {"url": "ftp://shop.example/"}, 400),
    ("deleteWebhook", "delete", "webhooks/{webhook}", None, 204),
    ("rotateWebhookSecret", "post", "webhooks/{webhook}/secret", {}, 201),
    ("testWebhook", "post", "webhooks/{webhook}/test", {}, 201),
    ("listWebhookDeliveries", "get", "webhooks/{webhook}/deliveries", None, 200),
    ("redeliver", "post", "webhooks/{webhook}/deliveries/{delivery}/redeliver", {}, 201),
    ("redeliver", "post", "webhooks/{webhook}/deliveries/{nothing}/redeliver", {}, 404),
    ("getDashboardStats", "get", "admin/dashboard/stats", None, 200),
    ("getDashboardStats", "get", "admin/dashboard/stats?from=yesterday", None, 400),
    ("listAdminUsers", "get", "admin/users", None, 200),
    ("getAdminUser", "get", "admin/users/{bob}", None, 200),
    ("getAdminUser", "get", "admin/users/{nothing}", None, 404),
    ("updateUserStatus", "patch", "admin/users/{bob}/status", {"status": "SUSPENDED"}, 200),
    ("updateUserStatus", "patch", "admin/users/{sam}/status", {"status": "SUSPENDED"}, 409),
    ("listAdminOrders", "get", "admin/orders", None, 200),
    ("updateOrderStatus", "patch", "admin/orders/{order}/status", {"status": "APPROVED"}, 200),
    ("updateOrderStatus", "patch", "admin/orders/{order}/status", {"status": "DELIVERED"}, 409),
    ("forceCancelOrder", "post", "admin/orders/{order}/cancel", {"reason": "Closed."}, 403),
    ("listAuditLogs", "get", "admin/audit-logs", None, 200),
    ("getAuditLog", "get", "admin/audit-logs/{entry}", None, 200),
    ("getAuditLog", "get", "admin/audit-logs/{nothing}", None, 404),
    ("revokeToken", "post", "auth/tokens/revoke", {"token": "guess"}, 204),
    ("createChatCompletion", "post", "chat/completions", QUESTION, 201),
    ("createChatCompletion", "post", "chat/completions", QUESTION | {"n": 2}, 400),
    ("listModels", "get", "models", None, 200),
    ("getModel", "get", "models/PET_ADVISOR_1", None, 200),
    ("getModel", "get", "models/gpt-4", None, 404),
]


@pytest.fixture
def ids(rex: Pet, sam: User, bob: User) -> dict[str, str]:
    """What the calls speak of: a free pet, one that an order holds, the order, a paid one, two people, and nothing."""
    order: Order = OrderFactory.create(pet=rex, customer=bob)
    free: Pet = PetFactory.create(tenant=rex.tenant)
    paid: Order = OrderFactory.create(pet=PetFactory.create(tenant=rex.tenant), customer=bob)
    payment = pay(paid)
    with tenant_scope(rex.tenant_id):
        webhook = create_endpoint(url=URL, events=[EventType.ORDER_STATUS_CHANGED], actor=SYSTEM)
        delivery = send_test_delivery(endpoint_id=webhook.id, actor=SYSTEM)
        entry = AuditEvent.objects.filter(entity_id=order.id).first()
    rows = {"order": order, "held": rex, "free": free, "sam": sam, "bob": bob, "paid": paid, "payment": payment}
    rows |= {"webhook": webhook, "delivery": delivery, "entry": entry}
    return {name: str(row.pk) for name, row in rows.items()} | {"nothing": "019b4139-1234-7abc-8def-123456789abc"}


@pytest.mark.parametrize(("name", "method", "path", "body", "status"), CALLS)
def test_an_operation_answers_as_documented(
    api: Client,
    sam: User,
    ids: dict[str, str],
    name: str,
    method: str,
    path: str,
    body: dict[str, str] | None,
    status: int,
) -> None:
    filled = {key: str(value).format(**ids) for key, value in body.items()} if path == "orders" and body else body
    response = getattr(api.as_(sam), method)(f"/v1/{path.format(**ids)}", filled)
    assert response.status_code == status
    operation = conformance.operation_of(method.upper(), response.request["PATH_INFO"])
    assert operation is not None
    assert operation["operationId"] == name


def test_an_uploaded_picture_is_answered_as_documented(api: Client, sam: User, rex: Pet) -> None:
    picture = BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    picture.seek(0)
    response = api.as_(sam).post(f"/v1/pets/{rex.id}/images", {"file": picture}, format="multipart")
    assert (response.status_code, response.json()["success"]) == (201, True)


def test_a_renewed_token_is_answered_as_documented(api: Client, sam: User) -> None:
    pair = api.at(sam.tenant).post("/v1/auth/tokens", {"username": "sam", "password": PASSWORD}).json()
    again = api.at(sam.tenant).post("/v1/auth/tokens/refresh", {"refreshToken": pair["refreshToken"]})
    assert again.status_code == 200


def test_no_operation_is_left_out() -> None:
    documented = {operation["operationId"] for operation in conformance.operations().values()}
    assert {call[0] for call in CALLS} == documented


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (HttpResponse(b"{}", status=418), "answers 418"),
        (HttpResponse(b"<p>", status=200, content_type="text/html"), "text/html is not documented"),
        (HttpResponse(b'{"id": 7}', status=200, content_type="application/json"), "petId"),
        (HttpResponse(status=200, content_type="application/json"), "body is missing"),
        (HttpResponse(b"{}", status=401, content_type="application/problem+json"), "WWW-Authenticate is missing"),
    ],
)
def test_an_answer_that_is_not_documented_is_noticed(response: HttpResponse, fault: str) -> None:
    operation = conformance.operations()["GET", "/orders/{}"]
    assert any(fault in found for found in conformance.faults(operation, response))
