"""One reading of a request as the server hands it over (guarantees, G9 and G14)."""

import json
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from kernel import ids
from petstore.server.request_limits import MAX_BODY, MAX_UPLOAD
from tests.rest.servers import Received, Server, running

pytestmark = pytest.mark.django_db(transaction=True)

HOST = b"Host: localhost"
TENANT = b"X-Tenant-ID: 6ba7b814-9dad-41d1-80b4-00c04fd430c8"
JSON = b"Content-Type: application/json"
NO_SUCH_PET = json.dumps({"petId": str(ids.new_id())}).encode()


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with running() as server:
        yield server


def _problem(received: Received) -> str:
    """The type of the problem, whose frame is whole."""
    assert received.headers["content-type"] == "application/problem+json"
    assert received.headers["x-request-id"]
    problem: str = json.loads(received.body)["type"].rsplit("/", 1)[1]
    return problem


def _order(server: Server, *headers: bytes, body: bytes) -> Received:
    return server.send(b"POST /v1/orders HTTP/1.1", HOST, JSON, *headers, body=body, method="POST")


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def test_a_plain_request_is_answered(server: Server) -> None:
    received = server.send(b"GET /v1/pets HTTP/1.1", HOST, TENANT)
    assert (received.status, json.loads(received.body)["data"]) == (200, [])
    assert received.headers["x-request-id"]


@pytest.mark.parametrize("second", [TENANT, b"X-Tenant-ID: 7ba7b814-9dad-41d1-80b4-00c04fd430c8", b"x-tenant-id:"])
def test_a_repeated_tenant_header_is_400(server: Server, second: bytes) -> None:
    received = server.send(b"GET /v1/pets HTTP/1.1", HOST, TENANT, second)
    assert (received.status, _problem(received)) == (400, "bad-request")


@pytest.mark.parametrize("name", [b"Idempotency-Key", b"Authorization", b"If-Match", b"Content-Type", b"Origin"])
def test_a_header_that_must_stand_once_is_400_where_it_stands_twice(server: Server, name: bytes) -> None:
    received = server.send(b"GET /v1/pets HTTP/1.1", HOST, name + b": x", b"Accept: */*", name.lower() + b": x")
    assert (received.status, _problem(received)) == (400, "bad-request")


def test_an_empty_tenant_header_is_400(server: Server) -> None:
    received = server.send(b"GET /v1/pets HTTP/1.1", HOST, b"X-Tenant-ID:")
    assert (received.status, _problem(received)) == (400, "bad-request")


@pytest.mark.parametrize("hosts", [(b"Host: evil.example",), (HOST, b"Host: evil.example"), (b"Host:",)])
def test_another_host_is_400(server: Server, hosts: tuple[bytes, ...]) -> None:
    assert server.send(b"GET /v1/pets HTTP/1.1", *hosts).status == 400


def test_a_chunked_body_is_read_or_refused_but_never_empty(server: Server) -> None:
    received = _order(server, b"Transfer-Encoding: chunked", body=_chunked(NO_SUCH_PET))
    assert (received.status, _problem(received)) == (404, "not-found")


@pytest.mark.parametrize("size", [MAX_BODY + 1, MAX_UPLOAD + 1])
def test_a_chunked_body_that_is_too_large_is_413(server: Server, size: int) -> None:
    received = _order(server, b"Transfer-Encoding: chunked", body=_chunked(b" " * size))
    assert (received.status, _problem(received)) == (413, "payload-too-large")


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_413(server: Server) -> None:
    largest = NO_SUCH_PET + b" " * (MAX_BODY - len(NO_SUCH_PET))
    assert _order(server, b"Content-Length: %d" % MAX_BODY, body=largest).status == 404
    received = _order(server, b"Content-Length: %d" % (MAX_BODY + 1), body=largest + b" ")
    assert (received.status, _problem(received)) == (413, "payload-too-large")


def test_bytes_that_are_no_utf_8_break_nothing(server: Server) -> None:
    received = server.send(b"GET /v1/pets?search=\xff&status=\xe9 HTTP/1.1", HOST)
    assert received.status == 400
    assert server.send(b"GET /v1/%ff%fe HTTP/1.1", HOST).status == 404


def test_head_has_the_length_and_no_body(server: Server) -> None:
    received = server.send(b"HEAD /v1/pets HTTP/1.1", HOST, method="HEAD")
    assert (received.status, received.body) == (200, b"")
