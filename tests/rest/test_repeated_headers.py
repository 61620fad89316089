"""A header that must stand once is refused where it stands twice (guarantees, G14).

Django knows repeated headers only joined by a comma, so the requests go through the application that servers run.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.server.asgi_handler import ThreadedHandler
from petstore.server.request_limits import find_repeated_header
from tests.factories import PetFactory
from tests.rest.listening import close_threads_of
from tests.snapshots import snapshot

pytestmark = pytest.mark.django_db(transaction=True)

HOST = (b"host", b"localhost")
Headers = list[tuple[bytes, bytes]]
Place = Callable[..., tuple[int, Any]]


@pytest.fixture
def place() -> Iterator[Place]:
    """Orders a pet over ASGI, with these headers too; gives the answer's status and what it says."""
    handler = ThreadedHandler(build_refused_response)
    yield partial(_place, handler)
    close_threads_of(handler)


def _place(handler: ThreadedHandler, pet_id: object, *more: tuple[bytes, bytes]) -> tuple[int, Any]:
    body = json.dumps({"petId": str(pet_id)}).encode()
    headers = [HOST, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
    scope = {"type": "http", "method": "POST", "path": "/v1/orders", "query_string": b"", "headers": headers}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(handler(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    "twice",
    [
        [(b"idempotency-key", b"once"), (b"idempotency-key", b"once")],
        [(b"idempotency-key", b"a"), (b"idempotency-key", b"b")],
        [(b"idempotency-key", b"a"), (b"accept", b"*/*"), (b"idempotency-key", b"")],
        [(b"x-tenant-id", b"6ba7b814-9dad-41d1-80b4-00c04fd430c8")] * 2,
        [(b"authorization", b"Bearer a")] * 2,
        [(b"if-match", b'"v1"'), (b"if-match", b'"v2"')],
        [(b"content-type", b"application/json")],
        [(b"origin", b"https://shop.example")] * 2,
        [HOST],
    ],
    ids=lambda twice: twice[-1][0].decode(),
)
def test_a_header_that_stands_twice_is_400_and_nothing_happens(place: Place, twice: Headers) -> None:
    pet = PetFactory.create()
    before = snapshot()
    status, said = place(pet.id, *twice)
    assert (status, said["type"].rpartition("/")[2]) == (400, "bad-request")
    assert snapshot() == before


def test_a_key_with_a_comma_is_one_key(place: Place) -> None:
    """Joined, two headers would look the same as this one."""
    pet = PetFactory.create()
    first, again = (place(pet.id, (b"idempotency-key", b"a,b")) for _ in range(2))
    assert (first[0], again) == (201, first)


def test_a_list_may_go_over_several_headers(place: Place) -> None:
    accepts = [(b"accept", b"text/html"), (b"accept", b"application/json")]
    assert place(PetFactory.create().id, *accepts)[0] == 201


def test_the_header_is_named() -> None:
    assert find_repeated_header([HOST, (b"idempotency-key", b"a"), (b"idempotency-key", b"b")]) == "Idempotency-Key"
    assert find_repeated_header([HOST, (b"accept", b"a"), (b"accept", b"b")]) is None
