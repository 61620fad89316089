"""Long answers are compressed for whoever takes it; conditional requests stay right (contract, Browsers, Caching)."""

import json
from typing import Any

import pytest

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.http.compression import MIN_LENGTH
from tenants.models import Tenant
from tests.client import Client
from tests.factories import PASSWORD, OrderFactory, PetFactory
from tests.rest.conformance import plain
from tests.snapshots import snapshot
from tests.webhooks.delivering import publish_all_events

each_coding = pytest.mark.parametrize("coding", ["gzip", "zstd"])
STORY = "A long story. " * 100


@pytest.fixture
def told(acme: Tenant) -> Pet:
    """A pet of whom there is much to tell."""
    pet: Pet = PetFactory.create(tenant=acme, name="Rex", description=STORY)
    return pet


@each_coding
def test_a_long_answer_is_compressed_and_says_the_same(api: Client, sam: User, told: Pet, coding: str) -> None:
    client, path = api.as_(sam), f"/v1/pets/{told.id}"
    usual, packed = client.get(path), client.get(path, HTTP_ACCEPT_ENCODING=coding)
    assert (packed.status_code, packed["Content-Encoding"]) == (200, coding)
    assert plain(packed) == usual.content
    assert int(packed["Content-Length"]) == len(packed.content) < len(usual.content) / 3
    assert "Content-Encoding" not in usual


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("zstd;q=0, gzip;q=0.1", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("*", None),
        ("", None),
        (",;=,", None),
        ("gzip," * 100, None),
        ("\xe9", None),
    ],
)
def test_accept_encoding_says_how(api: Client, sam: User, told: Pet, accepted: str, coding: str | None) -> None:
    answer = api.as_(sam).get(f"/v1/pets/{told.id}", HTTP_ACCEPT_ENCODING=accepted)
    assert (answer.status_code, answer.get("Content-Encoding")) == (200, coding)


def test_a_short_answer_stays_as_it_is(api: Client, sam: User, rex: Pet) -> None:
    answer = api.as_(sam).get(f"/v1/pets/{rex.id}", HTTP_ACCEPT_ENCODING="gzip, zstd")
    assert len(answer.content) < MIN_LENGTH
    assert "Content-Encoding" not in answer


@pytest.mark.parametrize("path", ["pets", "nowhere", "orders"])
def test_caches_are_told_that_the_coding_matters(api: Client, pool: Tenant, path: str) -> None:
    assert "Accept-Encoding" in api.get(f"/v1/{path}")["Vary"].split(", ")


def test_every_coding_has_a_strong_etag_of_its_own(api: Client, sam: User, told: Pet) -> None:
    """Bytes that differ cannot share a strong validator (RFC 9110, 8.8.1)."""
    answers = [api.as_(sam).get(f"/v1/pets/{told.id}", HTTP_ACCEPT_ENCODING=e) for e in ("", "gzip", "zstd")]
    assert [answer["ETag"] for answer in answers] == ['"v1"', '"v1-gzip"', '"v1-zstd"']


@pytest.mark.parametrize("path", ["pets/{pet}", "openapi.json"])
@each_coding
def test_whoever_has_a_compressed_answer_is_not_sent_it_again(
    api: Client, sam: User, told: Pet, path: str, coding: str
) -> None:
    client, path = api.as_(sam), f"/v1/{path.format(pet=told.id)}"
    tag = client.get(path, HTTP_ACCEPT_ENCODING=coding)["ETag"]
    for encoding in (coding, ""):
        again = client.get(path, HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH=f'"x", W/{tag}')
        assert (again.status_code, again["ETag"], again.content) == (304, tag, b"")
        assert "Content-Encoding" not in again


@each_coding
def test_whoever_has_read_a_compressed_answer_may_change_it(api: Client, sam: User, told: Pet, coding: str) -> None:
    client, path = api.as_(sam), f"/v1/pets/{told.id}"
    tag = client.get(path, HTTP_ACCEPT_ENCODING=coding)["ETag"]
    body = {"name": "Rex", "species": "DOG", "ageMonths": 3, "price": "10.00", "description": STORY}
    changed = client.put(path, body, HTTP_IF_MATCH=tag, HTTP_ACCEPT_ENCODING=coding)
    assert (changed.status_code, changed["ETag"]) == (200, f'"v2-{coding}"')
    before = snapshot()
    assert client.put(path, body, HTTP_IF_MATCH=tag).status_code == 412
    assert client.put(path, body, HTTP_IF_MATCH='"v2-br"').status_code == 412
    assert client.put(path, body, HTTP_IF_MATCH=f"W/{changed['ETag']}").status_code == 412
    assert snapshot() == before


def test_a_list_is_compressed(api: Client, sam: User) -> None:
    OrderFactory.create_batch(4, tenant=sam.tenant)
    answer = api.as_(sam).get("/v1/orders", HTTP_ACCEPT_ENCODING="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert len(json.loads(plain(answer))["data"]) == 4


def test_head_says_what_get_says(api: Client, sam: User, told: Pet) -> None:
    got, head = (
        getattr(api.as_(sam), method)(f"/v1/pets/{told.id}", HTTP_ACCEPT_ENCODING="gzip") for method in ("get", "head")
    )
    names = ("Content-Encoding", "Content-Length", "ETag", "Vary")
    assert [head[name] for name in names] == [got[name] for name in names]


def test_a_replayed_answer_is_compressed_for_whom_it_is_replayed(api: Client, sam: User, acme: Tenant) -> None:
    pet = PetFactory.create(tenant=acme)
    client = api.as_(sam)
    sent: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = client.post("/v1/orders", {"petId": str(pet.id)}, **sent)
    again = client.post("/v1/orders", {"petId": str(pet.id)}, HTTP_ACCEPT_ENCODING="gzip", **sent)
    assert (again["Idempotent-Replayed"], plain(again)) == ("true", first.content)


def test_what_holds_a_token_is_never_compressed(api: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length would tell of the secret beside what a caller may have put in (BREACH)."""
    monkeypatch.setattr("petstore.interfaces.http.compression.MIN_LENGTH", 1)
    login = {"username": "alice", "password": PASSWORD}
    answer = api.at(alice.tenant).post("/v1/auth/tokens", login, HTTP_ACCEPT_ENCODING="gzip")
    assert (answer.status_code, "Content-Encoding" in answer) == (200, False)


def test_a_stream_is_never_compressed(api: Client, monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    monkeypatch.setattr("petstore.interfaces.http.compression.MIN_LENGTH", 1)
    order: Order = OrderFactory.create()
    publish_all_events()
    path = f"/v1/orders/{order.id}/events"
    answer = api.get(path, HTTP_ACCEPT="text/event-stream", HTTP_ACCEPT_ENCODING="gzip")
    assert (answer.status_code, "Content-Encoding" in answer) == (200, False)
    assert b"event: order.statusChanged" in answer.content
