"""What surrounds every request: its id, its host, its size, its method, and answers in one form (contract, Errors)."""

import logging
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from petstore.server.request_limits import MAX_BODY, MAX_UPLOAD
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.rest.problems import assert_problem

PATHS = {
    "/v1/pets": {"GET", "POST", "HEAD", "OPTIONS"},
    "/v1/pets/search": {"POST", "OPTIONS"},
    "/v1/pets/{id}": {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"},
    "/v1/inventory": {"GET", "HEAD", "OPTIONS"},
    "/v1/orders": {"GET", "POST", "HEAD", "OPTIONS"},
    "/v1/orders/{id}": {"GET", "DELETE", "HEAD", "OPTIONS"},
    "/v1/users": {"POST", "OPTIONS"},
    "/v1/users/{id}": {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"},
    "/v1/auth/tokens": {"POST", "OPTIONS"},
}
LIKE_A_CARD = "42424242-4242-4242-8242-42424242aaaa"
"""A UUID, which holds no card number whatever its digits are."""
each_path = pytest.mark.parametrize("path", [path.format(id=UUID(int=4)) for path in PATHS], ids=list(PATHS))


@pytest.fixture
def failing(settings: Settings, caplog: pytest.LogCaptureFixture) -> Client:
    """A caller of routes of which one fails."""
    settings.ROOT_URLCONF = "tests.rest.failing_urls"
    caplog.set_level(logging.CRITICAL)
    client = Client()
    client.raise_request_exception = False
    return client


def _allowed(answer: Any) -> set[str]:
    return set(answer["Allow"].split(", "))


@pytest.mark.parametrize("given", ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "trace:1.2_3-4", "x" * 128, LIKE_A_CARD])
def test_a_sane_request_id_is_taken(api: Client, pool: Tenant, given: str) -> None:
    assert api.get("/v1/pets", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", " ", "a b", "x" * 129, "<script>", "a\r\nSet-Cookie: x", "é", "one,two", "pay-4242424242424242"]
)
def test_another_request_id_is_replaced(api: Client, pool: Tenant, given: str) -> None:
    answer = api.get("/v1/pets", HTTP_X_REQUEST_ID=given)
    assert UUID(answer["X-Request-ID"]).version == 7


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/nowhere", {}),
        ("/v1/orders", {}),
        ("/v1/pets", {"HTTP_HOST": "evil.example"}),
        ("/v1/pets", {"HTTP_X_TENANT_ID": "x"}),
        ("/nowhere", {}),
    ],
)
def test_a_refusal_carries_the_request_id_too(api: Client, pool: Tenant, path: str, headers: dict[str, Any]) -> None:
    answer = api.get(path, HTTP_X_REQUEST_ID="trace-1", **headers)
    assert (answer.status_code >= 400, answer["X-Request-ID"]) == (True, "trace-1")


def test_two_requests_have_two_ids(api: Client, pool: Tenant) -> None:
    assert len({api.get("/v1/pets")["X-Request-ID"] for _ in range(2)}) == 2


@pytest.mark.parametrize("host", ["evil.example", "localhost,evil.example", "", "a b", "[::", "localhost:port"])
def test_a_host_that_is_not_ours_is_400(api: Client, stray: Pet, host: str) -> None:
    answer = api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_HOST=host)
    assert_problem(answer, 400, "bad-request")
    with tenant_scope(stray.tenant_id):
        assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nowhere", "/v1/pets/", "/v1/pets/1", "/v1/pets.json"])
def test_an_unknown_path_is_a_404_problem(api: Client, pool: Tenant, path: str) -> None:
    assert_problem(api.get(path), 404, "not-found")


@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_is_a_500_problem_that_tells_its_request_and_nothing_more(
    failing: Client, pool: Tenant, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug
    answer = failing.get("/v1/failing", HTTP_X_REQUEST_ID="trace-1")
    assert_problem(answer, 500, "internal-server-error")
    assert (answer.json()["requestId"], answer["X-Request-ID"]) == ("trace-1", "trace-1")
    assert b"inside" not in answer.content
    assert b"Runtime" not in answer.content


def test_an_unknown_path_is_a_problem_with_debug_too(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.DEBUG = True
    assert_problem(api.get("/v1/nowhere"), 404, "not-found")


def test_a_failure_outside_the_api_is_a_page(failing: Client, pool: Tenant) -> None:
    answer = failing.get("/failing")
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (500, "text/html")


@each_path
@pytest.mark.parametrize("method", ["PATCH", "TRACE", "BREW"])
def test_another_method_is_405_and_says_which_are_allowed(api: Client, pool: Tenant, path: str, method: str) -> None:
    answer = api.generic(method, path)
    assert_problem(answer, 405, "method-not-allowed")
    assert _allowed(answer) >= PATHS[path.replace(str(UUID(int=4)), "{id}")]


@each_path
def test_options_answers_everywhere(api: Client, pool: Tenant, path: str) -> None:
    answer = api.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert _allowed(answer) >= PATHS[path.replace(str(UUID(int=4)), "{id}")]
    assert "Content-Length" not in answer


def test_head_answers_as_get_does_without_a_body(api: Client, stray: Pet) -> None:
    got, head = api.get(f"/v1/pets/{stray.id}"), api.head(f"/v1/pets/{stray.id}")
    assert (head.status_code, head.content) == (200, b"")
    assert [head[name] for name in ("ETag", "Content-Type")] == [got[name] for name in ("ETag", "Content-Type")]


@pytest.mark.parametrize("path", ["/v1/pets", "/v1/nowhere", "/v1/orders", "/v1/users/1"])
def test_no_cache_mixes_up_tenants_or_callers(api: Client, pool: Tenant, path: str) -> None:
    answer = api.get(path)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"X-Tenant-ID", "Authorization", "Accept"} <= set(answer["Vary"].split(", "))


def test_an_answer_that_was_not_modified_has_no_body_and_no_length(api: Client, stray: Pet) -> None:
    path = f"/v1/pets/{stray.id}"
    answer = api.get(path, HTTP_IF_NONE_MATCH=api.get(path)["ETag"])
    assert (answer.status_code, answer.content, "Content-Length" in answer) == (304, b"", False)


@pytest.mark.parametrize(
    ("length", "content_type", "status"),
    [
        (MAX_BODY, "application/json", 404),
        (MAX_BODY + 1, "application/json", 413),
        (MAX_UPLOAD + 1, "multipart/form-data; boundary=x", 413),
        ("9" * 5000, "application/json", 413),
    ],
)
def test_a_body_that_is_too_large_is_413(
    api: Client, pool: Tenant, length: int | str, content_type: str, status: int
) -> None:
    assert (
        api.generic("POST", "/v1/nowhere", CONTENT_LENGTH=str(length), CONTENT_TYPE=content_type).status_code == status
    )


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "GZIP", "identity, gzip", "x"])
def test_a_compressed_body_is_415_and_not_taken_for_what_it_is_not(api: Client, stray: Pet, coding: str) -> None:
    answer = api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_CONTENT_ENCODING=coding)
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer["Accept-Encoding"] == "identity"
    assert api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_CONTENT_ENCODING="identity").status_code == 201


@pytest.mark.parametrize("length", ["-1", "1e3", "5,5", "٣", " 7"])  # an Arabic digit
def test_a_length_that_is_no_number_is_400(api: Client, pool: Tenant, length: str) -> None:
    assert_problem(api.generic("POST", "/v1/orders", CONTENT_LENGTH=length), 400, "bad-request")


@pytest.mark.parametrize(
    "framing", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"SERVER_PROTOCOL": "HTTP/2"}, {"SERVER_PROTOCOL": "HTTP/2.0"}]
)
def test_a_body_without_a_length_is_never_read_as_empty(api: Client, pool: Tenant, framing: dict[str, Any]) -> None:
    answer = api.generic("POST", "/v1/auth/tokens", CONTENT_LENGTH="", **framing)
    assert_problem(answer, 411, "bad-request")


def test_an_error_of_a_logged_in_caller_has_the_same_frame(api: Client, alice: User) -> None:
    answer = api.as_(alice).get("/v1/nowhere")
    assert_problem(answer, 404, "not-found")
    assert answer["X-Request-ID"]
