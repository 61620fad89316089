"""What stands around every message at /soap: methods, media types, encodings, quotas (contract, SOAP)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import DataError, OperationalError
from pytest_django import Settings

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.http.search_limit import search_slot
from petstore.interfaces.soap import operations
from petstore.interfaces.soap.operations import OPERATIONS, Operation
from petstore.server.listener import ROOT
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tests.client import Client
from tests.factories import PetFactory
from tests.rest.problems import assert_problem
from tests.soap.consumers import Consumer, count_rows, envelope, read_problem, read_result, request, slug_of

pytestmark = pytest.mark.django_db

EPOCH: Final = 10**9
LIST: Final = envelope(request("ListPets"))


@pytest.mark.parametrize("method", ["get", "head", "delete", "put", "patch"])
def test_without_a_question_for_the_wsdl_only_post_is_taken(api: Client, pool: Tenant, method: str) -> None:
    response = getattr(api, method)("/soap")
    assert_problem(response, 405, "method-not-allowed") if method != "head" else None
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_options_say_what_is_taken(api: Client, pool: Tenant) -> None:
    response = api.options("/soap")
    assert (response.status_code, response["Allow"], response.content) == (204, "POST, OPTIONS", b"")
    assert api.options("/soap?wsdl")["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert api.delete("/soap?wsdl")["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    "kind",
    [
        "application/soap+xml",
        "application/xml",
        "text/plain",
        "application/json",
        "multipart/related; type=text/xml",
        "",
        "text/xml; charset=latin-1",
        "text/xml; charset=us-ascii",
        "text/xml; charset=utf-16le",
        "text/xml; charset=",
    ],
)
def test_another_media_type_is_a_plain_problem(pool: Tenant, stray: Pet, kind: str) -> None:
    order = envelope(request("CreateOrder", petId=str(stray.id)))
    assert_problem(Consumer().post(order, CONTENT_TYPE=kind), 415, "unsupported-media-type")
    assert count_rows() == (0, ["AVAILABLE"])


DECLARED: Final = '<?xml version="1.0" encoding="{}"?>'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/xml", LIST.encode()),
        ("Text/XML;Charset=UTF-8", LIST.encode()),
        ('text/xml; charset="utf-8"', LIST.encode("utf-8-sig")),
        ("text/xml", LIST.encode("utf-8-sig")),
        ("text/xml", (DECLARED.format("UTF-8") + LIST).encode("utf-8-sig")),
        ("text/xml", LIST.encode("utf-16")),
        ("text/xml", ("\ufeff" + LIST).encode("utf-16-le")),
        ("text/xml; charset=utf-16", ("\ufeff" + LIST).encode("utf-16-be")),
        ("text/xml; charset=UTF-16", (DECLARED.format("utf-16") + LIST).encode("utf-16")),
    ],
)
def test_a_message_may_be_in_utf_8_or_utf_16(pool: Tenant, stray: Pet, kind: str, body: bytes) -> None:
    told = read_result(Consumer().post(body, CONTENT_TYPE=kind), "ListPets")
    assert [pet["id"] for pet in told["pets"]] == [str(stray.id)]


def test_texts_are_the_same_in_both_encodings(alice: User, acme: Tenant) -> None:
    text = envelope(request("ListPets", search="möhren 🐕"))
    kinds = ("text/xml", "text/xml; charset=utf-16")
    answers = [Consumer.of(alice).post(text.encode("utf-16"), CONTENT_TYPE=kind).content for kind in kinds]
    assert answers == [Consumer.of(alice).post(text).content] * 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/xml; charset=utf-8", LIST.encode("utf-16")),
        ("text/xml; charset=utf-16", LIST.encode()),
        ("text/xml; charset=utf-16", LIST.encode("utf-8-sig")),
        ("text/xml; charset=utf-16", LIST.encode("utf-16-le")),
        ("text/xml", LIST.encode("utf-16-le")),
        ("text/xml", LIST.encode("utf-32")),
        ("text/xml", (DECLARED.format("utf-16") + LIST).encode()),
        ("text/xml; charset=utf-8", (DECLARED.format("iso-8859-1") + LIST).encode()),
        ("text/xml", (DECLARED.format("utf-8") + LIST).encode("utf-16")),
        ("text/xml", (DECLARED.format("cp037") + LIST).encode("cp037")),
        ("text/xml", (DECLARED.format("utf-7") + LIST).encode()),
        ("text/xml", LIST.replace("ListPets", "ListPets\xe4").encode("latin-1")),
        ("text/xml", b"\xff\xfe" + b"\x00\xd8"),
        ("text/xml", LIST.encode("utf-16")[:-1]),
        ("text/xml", LIST.encode() + b"\xed\xa0\x80"),
        ("text/xml", LIST.encode() + b"\xc0\x80"),
    ],
)
def test_what_says_two_encodings_or_another_one_is_a_bad_request(pool: Tenant, kind: str, body: bytes) -> None:
    assert slug_of(read_problem(Consumer().post(body, CONTENT_TYPE=kind))) == (400, "bad-request")


def test_the_head_is_checked_before_anything_is_a_message(pool: Tenant, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert_problem(Consumer().post(LIST, HTTP_HOST="evil.example"), 400, "bad-request")
    response = Consumer().post(LIST, HTTP_HOST="shop.example", HTTP_CONTENT_ENCODING="gzip")
    assert_problem(response, 415, "unsupported-media-type")


def test_a_path_below_is_a_problem_too(api: Client, pool: Tenant) -> None:
    assert_problem(api.post("/soap/pets"), 404, "not-found")


def test_a_cookie_lets_nobody_in_and_none_is_set(client: Any, root: User, acme: Tenant, rex: Pet) -> None:
    client.force_login(root)
    response = client.post("/soap", LIST, "text/xml", HTTP_X_TENANT_ID=str(acme.id))
    assert slug_of(read_problem(response)) == (401, "unauthorized")
    assert not response.cookies


def test_an_answer_has_the_headers_that_rest_s_have(api: Client, pool: Tenant, stray: Pet) -> None:
    answer, rest = Consumer().ask("GetPet", {"id": str(stray.id)}), api.get(f"/v1/pets/{stray.id}")
    names = ("Vary", "Cache-Control", "RateLimit-Limit", "RateLimit-Policy", "X-Content-Type-Options")
    assert [answer.get(name) for name in names] == [rest.get(name) for name in names]
    assert answer["X-Request-ID"]


def test_a_long_answer_is_compressed(pool: Tenant) -> None:
    PetFactory.create_batch(5)
    response = Consumer().ask("ListPets", HTTP_ACCEPT_ENCODING="gzip")
    assert (response["Content-Encoding"], response["Content-Type"]) == ("gzip", "text/xml; charset=utf-8")


class TestRateLimit:
    """A POST takes one from the very same bucket as a request of REST's."""

    @pytest.fixture(autouse=True)
    def _three(self, settings: Settings) -> Iterator[None]:
        settings.RATE_LIMIT = (3, EPOCH)
        forget_local_leases()
        yield
        forget_local_leases()

    def test_of_an_address_is_one_for_both_and_a_fault_past_it(self, api: Client, pool: Tenant, stray: Pet) -> None:
        assert api.get("/v1/pets")["RateLimit-Remaining"] == "2"
        assert Consumer().post("nonsense")["RateLimit-Remaining"] == "1"
        answer = Consumer().ask("ListPets")
        assert (answer["RateLimit-Remaining"], answer["RateLimit-Policy"]) == ("0", f'"address";q=3;w={EPOCH}')
        refused = Consumer().ask("CreateOrder", {"petId": str(stray.id)})
        assert slug_of(read_problem(refused)) == (429, "rate-limit-exceeded")
        assert int(refused["Retry-After"]) > 0
        assert refused["RateLimit-Remaining"] == "0"
        assert count_rows() == (0, ["AVAILABLE"])

    def test_is_a_plain_problem_where_no_envelope_was_to_come(self, api: Client, pool: Tenant) -> None:
        for _ in range(3):
            assert api.get("/soap?wsdl").status_code == 200
        assert_problem(api.get("/soap?wsdl"), 429, "rate-limit-exceeded")
        assert_problem(Consumer().post(LIST, CONTENT_TYPE="application/json"), 429, "rate-limit-exceeded")


def test_a_search_by_words_waits_for_no_other(pool: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert search_slot.acquire_search_slot()
    try:
        response = Consumer().ask("ListPets", {"search": "dog"})
        assert slug_of(read_problem(response)) == (503, "internal-server-error")
        assert response["Retry-After"] == "1"
        assert Consumer().ask("ListPets").status_code == 200
    finally:
        search_slot.release_search_slot()


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_says_nothing_but_the_id_of_the_request(
    client: Any,
    pool: Tenant,
    stray: Pet,
    debug: bool,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_args: object) -> Any:
        raise RuntimeError("the secret of the house")

    settings.DEBUG = debug
    monkeypatch.setitem(operations.OPERATIONS, "GetPet", Operation(OPERATIONS["GetPet"].use_case, broken))
    client.raise_request_exception = False
    body = envelope(request("GetPet", id=str(stray.id)))
    response = client.post("/soap", body, "text/xml")
    problem = read_problem(response)
    assert slug_of(problem) == (500, "internal-server-error")
    assert b"secret" not in response.content
    assert "the secret of the house" in caplog.text


def test_a_refusal_is_no_error_in_our_log(pool: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    assert Consumer().post("nonsense").status_code == 500
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


def test_the_library_is_loaded_by_the_first_message_and_not_before() -> None:
    """So that a store without SOAP starts as fast as it did, and needs no more memory."""
    program = "import petstore.asgi, petstore.urls, sys; print(int('lxml' in sys.modules))"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"}
    command = (sys.executable, "-c", program)
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert found.stdout.strip() == "0"


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [(OperationalError(), 503, "1"), (DataError(), 400, None), (OverflowError(), 400, None)],
)
def test_what_the_database_refuses_is_the_problem_that_rest_has(
    pool: Tenant, stray: Pet, error: Exception, status: int, retry: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> Any:
        raise error

    monkeypatch.setitem(operations.OPERATIONS, "GetPet", Operation(OPERATIONS["GetPet"].use_case, refuse))
    response = Consumer().ask("GetPet", {"id": str(stray.id)})
    assert read_problem(response)["status"] == status
    assert response.get("Retry-After") == retry
