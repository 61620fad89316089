"""GraphQL over HTTP: methods, media types, statuses and bodies (contract, GraphQL)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.graphql.views import ALLOWED
from petstore.server.listener import ROOT
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.client import Client
from tests.graphql.clients import GRAPHQL, JSON, PATH, Graph, code_of, refusal_of
from tests.rest.tokens import access, signed, suspend

pytestmark = pytest.mark.django_db

HELLO = "{ __typename }"
ORDER = "mutation ($pet: ID!) { createOrder(input: {petId: $pet}) { order { id } } }"


def count_orders() -> int:
    with all_tenants(reason="a test counts"):
        return Order.objects.count()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, GRAPHQL),
        ("*/*", GRAPHQL),
        ("application/*", GRAPHQL),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (JSON, JSON),
        (f"{JSON};charset=utf-8", JSON),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL};q=0, */*;q=0.1", JSON),
        ("image/png, */*;q=0.1", GRAPHQL),
        ("nonsense, */*;q=nonsense", GRAPHQL),
    ],
)
def test_the_answer_has_the_media_type_that_is_preferred(pool: Tenant, accept: str | None, media_type: str) -> None:
    headers = {} if accept is None else {"HTTP_ACCEPT": accept}
    answer = Graph().send({"query": HELLO}, **headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == f"{media_type}; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("accept", ["image/png", "text/html", f"{GRAPHQL};q=0, {JSON};q=0", "application/problem+json"])
def test_an_accept_without_one_of_ours_is_refused(pool: Tenant, accept: str) -> None:
    assert code_of(refusal_of(Graph().send({"query": HELLO}, HTTP_ACCEPT=accept), 406)) == "NOT_ACCEPTABLE"


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query ($n: Int!) { pets(limit: $n) { id } }"])
def test_what_is_not_executed_is_400_unless_only_plain_json_is_taken(pool: Tenant, query: str) -> None:
    refusal_of(Graph().send({"query": query}, HTTP_ACCEPT=GRAPHQL), 400)
    refusal_of(Graph().send({"query": query}, HTTP_ACCEPT=JSON), 200)


def test_what_is_executed_is_200_also_where_all_of_it_fails(pool: Tenant) -> None:
    for accept in (GRAPHQL, JSON):
        answer = Graph().send({"query": "{ me { id } }"}, HTTP_ACCEPT=accept)
        assert (answer.status_code, answer.json()["data"]) == (200, {"me": None})


BODIES: list[tuple[str | bytes, int]] = [
    ("", 400),
    ("{", 400),
    ("null", 400),
    ("7", 400),
    ('"{ __typename }"', 400),
    ("[]", 400),
    (json.dumps([{"query": HELLO}]), 400),
    ("{}", 400),
    (json.dumps({"query": None}), 400),
    (json.dumps({"query": ""}), 400),
    (json.dumps({"query": 7}), 400),
    (json.dumps({"query": HELLO, "variables": []}), 400),
    (json.dumps({"query": HELLO, "variables": "{}"}), 400),
    (json.dumps({"query": HELLO, "operationName": 7}), 400),
    (json.dumps({"query": HELLO, "extensions": 7}), 400),
    ('{"query": "{ __typename }", "query": "{ me { id } }"}', 400),
    ('{"query": "{ __typename }", "variables": {"a": 1, "a": 2}}', 400),
    ('{"query": "{ __typename }", "variables": {"a": NaN}}', 400),
    ('{"query": "{ __typename }", "variables": {"a": 1e999}}', 400),
    ('{"query": "{ __typename }", "variables": {"a": ' + "9" * 5000 + "}}", 400),
    ('{"query": "{ __typename }", "variables": {"a": ' + "[" * 33 + "]" * 33 + "}}", 400),
    ('{"query": "{ __typename }", "variables": ' + "[" * 100_000 + "}", 400),
    ('{"query": "{ __typename }", "variables": {"a": "\\u0000"}}', 400),
    ('{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', 400),
    ('{"query": "{ __typename } \\u0000"}', 400),
    ('{"query": "{ __typename } # \\ud800"}', 400),
    (b'{"query": "{ __typename } # \xff"}', 400),
    (json.dumps({"query": HELLO, "variables": dict.fromkeys(map(str, range(10_001)))}), 400),
    (json.dumps({"query": HELLO, "variables": {"a": "x" * 1024 * 1024}}), 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_a_body_that_is_no_request_is_refused(pool: Tenant, body: str | bytes, status: int) -> None:
    for accept in (GRAPHQL, JSON):
        code = code_of(refusal_of(Graph().send(body, HTTP_ACCEPT=accept), status))
        assert code == {400: "BAD_REQUEST", 413: "PAYLOAD_TOO_LARGE"}[status]


@pytest.mark.parametrize("members", [{}, {"variables": None, "operationName": None, "extensions": None}, {"id": "1"}])
def test_all_but_the_query_may_be_left_out(pool: Tenant, members: dict[str, Any]) -> None:
    assert Graph().send({"query": HELLO} | members).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("media_type", ["text/plain", "application/graphql", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(pool: Tenant, media_type: str) -> None:
    answer = Graph().send({"query": HELLO}, CONTENT_TYPE=media_type)
    assert code_of(refusal_of(answer, 415)) == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(api: Client, pool: Tenant, method: str) -> None:
    answer = getattr(api, method)(PATH)
    assert code_of(refusal_of(answer, 405)) == "METHOD_NOT_ALLOWED"
    assert answer["Allow"] == ALLOWED


def test_options_and_head_answer(api: Client, pool: Tenant) -> None:
    answer = api.options(PATH)
    assert (answer.status_code, answer["Allow"]) == (204, ALLOWED)
    assert api.head(PATH, {"query": HELLO}).status_code == 200


def test_a_get_reads_and_changes_nothing(pool: Tenant, stray: Pet) -> None:
    query = "query A { pets { name } } query B($id: ID!) { pet(id: $id) { name } }"
    answer = Graph().get(query=query, operationName="B", variables=json.dumps({"id": str(stray.id)}))
    assert answer.json() == {"data": {"pet": {"name": "Stray"}}}
    refused = Graph().get(query=ORDER, variables=json.dumps({"pet": str(stray.id)}))
    assert code_of(refusal_of(refused, 405)) == "METHOD_NOT_ALLOWED"
    assert refused["Allow"] == "POST"
    assert count_orders() == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "query=",
        "query=%7B__typename%7D&query=%7B__typename%7D",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&variables=%5B%5D",
        "query=%7B__typename%7D%00",
        "query=%7B__typename%7D&operationName=%00",
        "query=%7B__typename%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A2%7D",
    ],
)
def test_a_query_string_that_is_no_request_is_refused(api: Client, pool: Tenant, text: str) -> None:
    refusal_of(api.get(f"{PATH}?{text}", HTTP_ACCEPT=GRAPHQL), 400)


def test_the_operation_is_chosen_by_its_name(pool: Tenant) -> None:
    body = {"query": "query A { a: __typename } query B { b: __typename }"}
    assert Graph().send(body | {"operationName": "B"}).json() == {"data": {"b": "Query"}}
    for wrong in ({}, {"operationName": "C"}):
        assert code_of(refusal_of(Graph().send(body | wrong))) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("query", [{}, {"query": HELLO}])
def test_persisted_queries_are_not_supported(pool: Tenant, query: dict[str, str]) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    error = refusal_of(Graph().send(query | {"extensions": extensions}))
    assert (code_of(error), error["message"]) == ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")


def test_a_subscription_is_no_answer_of_one_piece(pool: Tenant) -> None:
    query = "subscription { orderStatusChanged(orderId: 1) { eventId } }"
    assert code_of(refusal_of(Graph().send({"query": query}, HTTP_ACCEPT=GRAPHQL))) == "BAD_REQUEST"


def test_a_bad_token_is_401(alice: User, acme: Tenant, globex: Tenant, sam: User) -> None:
    good = access(alice)
    suspended = access(sam)
    suspend(sam)
    for token in ("", "x", signed(good, exp=1), suspended):
        answer = Graph.at(acme).send({"query": HELLO}, HTTP_AUTHORIZATION=f"Bearer {token}")
        assert code_of(refusal_of(answer, 401)) == "UNAUTHORIZED"
        assert answer["WWW-Authenticate"].startswith("Bearer")
    foreign = Graph.at(globex).send({"query": HELLO}, HTTP_AUTHORIZATION=f"Bearer {good}")
    assert code_of(refusal_of(foreign, 403)) == "FORBIDDEN"


def test_a_tenant_that_does_not_let_the_caller_in_is_refused(acme: Tenant, alice: User, settings: Settings) -> None:
    settings.TENANT_AUTO_PROVISION = False
    assert code_of(refusal_of(Graph.at(acme).send({"query": HELLO}), 401)) == "UNAUTHORIZED"
    for tenant, status in (("nonsense", 400), ("019b4139-1234-7abc-8def-123456789abc", 404)):
        refusal_of(Graph().send({"query": HELLO}, HTTP_X_TENANT_ID=tenant), status)
    graph = Graph.of(alice)
    suspended = {"name": acme.name, "access": acme.access, "status": Tenant.Status.SUSPENDED}
    change_tenant(tenant_id=acme.id, actor=SYSTEM, **suspended)
    refusal_of(graph.send({"query": HELLO}), 403)


@pytest.fixture
def tight(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT = (2, 60)
    forget_local_leases()
    yield
    forget_local_leases()


@pytest.mark.usefixtures("tight")
def test_each_request_counts_and_one_too_many_is_429(pool: Tenant) -> None:
    left = [Graph().send({"query": HELLO})["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    answer = Graph().send({"query": HELLO}, HTTP_ACCEPT=JSON)
    assert code_of(refusal_of(answer, 429)) == "RATE_LIMIT_EXCEEDED"
    assert int(answer["Retry-After"]) > 0
    assert answer["Content-Type"] == f"{JSON}; charset=utf-8"


def test_a_process_that_is_not_asked_loads_no_library() -> None:
    code = (
        "import sys, django; django.setup(); import petstore.asgi, petstore.urls;"
        "print([name for name in sys.modules if name.partition('.')[0] == 'graphql'])"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"}
    command = (sys.executable, "-c", code)
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert found.stdout.strip() == "[]"
