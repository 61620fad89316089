"""zeep, in its strict mode, against a process of our own (contract, SOAP)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import zeep
from requests import Session, post
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.soap.elements import NAMESPACE
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.rest.servers import Server, running
from tests.rest.tokens import access, suspend
from tests.soap.consumers import count_rows, envelope, request, without_nulls

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

PATIENCE = 120
BUYERS = 8


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    with running(RATE_LIMIT="off") as one:
        yield one


def connect(server: Server, user: User | None = None, **headers: str) -> zeep.Client:
    """The client that zeep makes of the WSDL that is served, with these headers on each call."""
    session = Session()
    session.headers.update(headers)
    if user is not None:
        session.headers.update({"Authorization": f"Bearer {access(user)}", "X-Tenant-ID": str(user.tenant_id)})
    transport = Transport(session=session, timeout=PATIENCE, operation_timeout=PATIENCE)
    return zeep.Client(
        f"http://127.0.0.1:{server.port}/soap?wsdl", transport=transport, settings=zeep.Settings(strict=True)
    )


def plain(value: Any) -> Any:
    """A value of zeep's as REST's JSON has it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def told(result: Any) -> Any:
    return without_nulls(plain(serialize_object(result, dict)))


def problem_of(client: zeep.Client, error: Fault) -> dict[str, Any]:
    """The typed detail of a fault."""
    [element] = error.detail
    problem: dict[str, Any] = told(client.get_element(f"{{{NAMESPACE}}}Problem").parse(element, client.wsdl.types))
    return problem


def refusal(client: zeep.Client, operation: str, **fields: Any) -> dict[str, Any]:
    with pytest.raises(Fault) as refused:
        client.service[operation](**fields)
    assert refused.value.code == "soap:Client"
    problem = problem_of(client, refused.value)
    assert refused.value.message == problem["title"]
    return problem


def test_a_program_adopts_a_pet_and_thinks_better_of_it(
    server: Server, api: Any, alice: User, acme: Tenant, rex: Pet
) -> None:
    PetFactory.create(tenant=acme, species=Pet.Species.CAT, photos=("https://img.example/1.jpg",), good_with_kids=None)
    client, rest = connect(server, alice), api.as_(alice)
    found = told(client.service.ListPets(species="DOG", goodWithKids=None, limit=5))
    [shown] = found["pets"]["pet"]
    assert found["pagination"] == {"page": 1, "limit": 5, "totalItems": 1, "totalPages": 1}
    pet = told(client.service.GetPet(id=shown["id"]))
    assert pet == shown
    over_rest = without_nulls(rest.get(f"/v1/pets/{rex.id}").json())
    assert pet | {"photos": pet["photos"]["photo"] if pet.get("photos") else []} == over_rest
    placed = told(client.service.CreateOrder(petId=shown["id"]))
    assert placed == told(client.service.GetOrder(id=placed["id"]))
    assert placed == without_nulls(rest.get(f"/v1/orders/{placed['id']}").json())
    assert told(client.service.CancelOrder(id=placed["id"]))["status"] == "CANCELLED"
    assert count_rows() == (1, ["AVAILABLE", "AVAILABLE"])


def test_a_refusal_is_typed(server: Server, alice: User, bob: User, in_acme: Tenant, rex: Pet) -> None:
    order = OrderFactory.create(tenant=in_acme, pet=rex, customer=alice)
    hers, his = connect(server, alice), connect(server, bob)
    nobodys = connect(server, None, **{"X-Tenant-ID": str(in_acme.id)})
    conflict = refusal(hers, "CreateOrder", petId=str(rex.id))
    assert conflict["status"] == 409
    assert conflict["type"].endswith("/conflict")
    assert conflict["requestId"]
    invalid = refusal(hers, "CreateOrder", petId="rex", userId="me")
    assert [fault["field"] for fault in invalid["errors"]["error"]] == ["petId", "userId"]
    assert refusal(hers, "ListPets", limit=101)["errors"]["error"][0]["code"] == "out_of_range"
    assert refusal(hers, "GetOrder", id="none")["status"] == 404
    assert refusal(his, "CancelOrder", id=str(order.id))["status"] == 403
    assert refusal(nobodys, "GetOrder", id=str(order.id))["status"] == 401
    order.refresh_from_db()
    assert order.status == "PLACED"


def test_a_retry_with_the_same_key_orders_nothing(server: Server, alice: User, rex: Pet) -> None:
    client = connect(server, alice, **{"Idempotency-Key": "once"})
    first = told(client.service.CreateOrder(petId=str(rex.id)))
    client.service.CancelOrder(id=first["id"])
    assert told(client.service.CreateOrder(petId=str(rex.id))) == first
    assert count_rows() == (1, ["AVAILABLE"])


@pytest.mark.parametrize("is_one_key", [True, False], ids=["one key", "keys of their own"])
def test_of_many_at_once_one_orders(server: Server, alice: User, rex: Pet, is_one_key: bool) -> None:
    """With one key all get that order, or hear that it is still being placed; with keys of their own one gets it."""
    keys = ["once" if is_one_key else f"once-{number}" for number in range(BUYERS)]
    headers = {"Authorization": f"Bearer {access(alice)}", "X-Tenant-ID": str(alice.tenant_id)}
    body, address = envelope(request("CreateOrder", petId=str(rex.id))), f"http://127.0.0.1:{server.port}/soap"

    def order(key: str) -> tuple[int, bytes]:
        named = {**headers, "Content-Type": "text/xml", "Idempotency-Key": key}
        answer = post(address, body.encode(), headers=named, timeout=PATIENCE)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(BUYERS) as threads:
        answers = list(threads.map(order, keys))
    placed = [content for status, content in answers if status == 200]
    assert all(b"<status>409</status>" in content for status, content in answers if status != 200)
    assert len(set(placed)) == 1
    assert is_one_key or len(placed) == 1
    if is_one_key:
        assert order("once") == (200, placed[0])
    assert count_rows() == (1, ["PENDING"])


def test_a_user_who_is_suspended_is_let_in_no_more(server: Server, alice: User, rex: Pet) -> None:
    client = connect(server, alice)
    assert told(client.service.GetPet(id=str(rex.id)))["name"] == "Rex"
    suspend(alice)
    assert refusal(client, "CreateOrder", petId=str(rex.id))["status"] == 401
    assert count_rows() == (0, ["AVAILABLE"])


def test_the_wire_says_what_the_protocol_wants(server: Server, pool: Tenant, stray: Pet) -> None:
    head = server.send(b"HEAD /soap?wsdl HTTP/1.1", b"Host: localhost", method="HEAD")
    assert (head.status, head.body, head.headers["content-type"]) == (200, b"", "text/xml; charset=utf-8")
    body = envelope(request("ListPets")).encode("utf-16")
    lines = (b"POST /soap HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(body))
    answer = server.send(*lines, b"Content-Type: text/xml; charset=utf-16", body=body, method="POST")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert str(stray.id).encode() in answer.body
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:])) + b"0\r\n\r\n"
    chunked = (lines[0], lines[1], b"Transfer-Encoding: chunked", b"Content-Type: text/xml")
    assert server.send(*chunked, body=parts, method="POST").body == answer.body
    fault = server.send(*lines, b"Content-Type: text/xml", b"X-Tenant-ID: acme", body=body, method="POST")
    assert (fault.status, fault.headers["content-type"]) == (500, "text/xml; charset=utf-8")
    assert b"<faultcode>soap:Client</faultcode>" in fault.body
    twice = (b"X-Tenant-ID: a", b"X-Tenant-ID: b")
    plain_problem = server.send(*lines, b"Content-Type: text/xml", *twice, body=body, method="POST")
    assert (plain_problem.status, plain_problem.headers["content-type"]) == (400, "application/problem+json"), (
        plain_problem.body
    )
    large = server.send(lines[0], lines[1], b"Content-Length: 1048577", b"Content-Type: text/xml", method="POST")
    assert (large.status, large.headers["content-type"]) == (413, "application/problem+json")
