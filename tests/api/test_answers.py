"""Every operation, answered well and refused. `Client` itself holds each answer against the OpenAPI document."""

from io import BytesIO

import pytest
from django.http import HttpResponse
from PIL import Image

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tests.api import conformance
from tests.client import Client
from tests.factories import PASSWORD, OrderFactory, PetFactory

NEW_PET = {"name": "Bo", "species": "dog", "ageMonths": 3, "price": "10"}
PERSON = {"firstName": "A", "lastName": "B", "email": "new@example.com"}
NEW_USER = PERSON | {"username": "newcomer", "password": PASSWORD}

Body = dict[str, str] | None
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
    ("revokeToken", "post", "auth/tokens/revoke", {"token": "guess"}, 204),
]


@pytest.fixture
def ids(rex: Pet, sam: User, bob: User) -> dict[str, str]:
    """What the calls speak of: a free pet, one that an order holds, the order, two people, and nothing at all."""
    order: Order = OrderFactory.create(pet=rex, customer=bob)
    free: Pet = PetFactory.create(tenant=rex.tenant)
    rows = {"order": order, "held": rex, "free": free, "sam": sam, "bob": bob}
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
