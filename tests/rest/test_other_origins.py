"""What a browser is told about pages of other origins (contract, Browsers; Fetch standard, CORS protocol)."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from petstore.settings.browsers import CORS_MIDDLEWARE
from tenants.scoping import tenant_scope
from tests.client import Client

SHOP, STRANGER = "https://shop.example", "https://evil.example"
PREFLIGHT: dict[str, Any] = {
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization,content-type,idempotency-key,x-tenant-id",
}
EXPOSED = {
    "ETag", "Location", "Link", "Retry-After", "X-Request-ID", "Idempotent-Replayed",
    "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
}  # fmt: skip


@pytest.fixture
def page(settings: Settings, stray: Pet) -> Client:
    """What calls on behalf of a page of an origin that is named."""
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    settings.MIDDLEWARE = _with_cors(settings.MIDDLEWARE)
    client = Client()
    client.credentials(HTTP_ORIGIN=SHOP)
    return client


def _with_cors(middleware: list[str]) -> list[str]:
    """As the settings have it where an origin is named."""
    place = middleware.index("petstore.interfaces.http.middleware.RequestIdMiddleware") + 1
    return [*middleware[:place], CORS_MIDDLEWARE, *middleware[place:]]


def _listed(answer: Any, name: str) -> set[str]:
    return set(answer[name].split(", "))


def _cors_headers(answer: Any) -> list[str]:
    return [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_page_of_a_named_origin_may_read_the_answer(page: Client, stray: Pet) -> None:
    answer = page.get(f"/v1/pets/{stray.id}")
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert _listed(answer, "Access-Control-Expose-Headers") == EXPOSED
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer.cookies == {}


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://shop.example", "https://shop.example:444", "https://a.shop.example",
               "https://shop.example.evil.example", "https://[", "", "*"]
)  # fmt: skip
def test_a_page_of_another_origin_may_not(page: Client, stray: Pet, origin: str) -> None:
    page.credentials(HTTP_ORIGIN=origin)
    for answer in (page.get(f"/v1/pets/{stray.id}"), page.options("/v1/orders", **PREFLIGHT)):
        assert _cors_headers(answer) == []
        assert "origin" in answer["Vary"].split(", ")


def test_no_cache_gives_the_answer_for_one_origin_to_another(page: Client, stray: Pet) -> None:
    assert _listed(page.get(f"/v1/pets/{stray.id}"), "Vary") == {
        "X-Tenant-ID", "Authorization", "Accept", "Accept-Encoding", "origin"
    }  # fmt: skip


def test_a_preflight_says_what_a_page_may_send_and_for_how_long(page: Client) -> None:
    answer = page.options("/v1/orders", **PREFLIGHT)
    assert (answer.status_code, answer.content, answer["Access-Control-Max-Age"]) == (200, b"", "7200")
    assert {"QUERY", "POST", "PUT", "PATCH", "DELETE"} <= _listed(answer, "Access-Control-Allow-Methods")
    assert {"authorization", "content-type", "idempotency-key", "if-match", "x-tenant-id"} <= _listed(
        answer, "Access-Control-Allow-Headers"
    )
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    "headers",
    [{}, {"HTTP_X_TENANT_ID": "no tenant"}, {"HTTP_AUTHORIZATION": "Bearer bad"}, {"HTTP_ACCEPT": "image/png"}],
)
@pytest.mark.parametrize("path", ["orders", "admin/users", "nowhere"])
def test_a_preflight_is_answered_before_anybody_is_asked(page: Client, path: str, headers: dict[str, Any]) -> None:
    assert page.options(f"/v1/{path}", **PREFLIGHT, **headers).status_code == 200


def test_a_preflight_is_free_of_the_quota(page: Client, settings: Settings) -> None:
    settings.RATE_LIMIT = (2, 86_400)
    answers = [page.options("/v1/orders", **PREFLIGHT) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [page.options("/v1/orders").status_code for _ in range(3)] == [204, 204, 429]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("orders", {}, 401),
        ("orders", {"HTTP_AUTHORIZATION": "Bearer bad"}, 401),
        ("pets", {"HTTP_X_TENANT_ID": "x"}, 400),
        ("pets", {"HTTP_HOST": "evil.example"}, 400),
        ("nowhere", {}, 404),
    ],
)
def test_a_page_may_read_why_it_was_refused(page: Client, path: str, headers: dict[str, Any], status: int) -> None:
    answer = page.get(f"/v1/{path}", **headers)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (status, SHOP)


def test_a_page_places_and_cancels_an_order(page: Client, stray: Pet) -> None:
    order = page.post("/v1/orders", {"petId": str(stray.id)})
    assert (order.status_code, order["Access-Control-Allow-Origin"]) == (201, SHOP)
    assert page.delete(f"/v1/orders/{order.json()['id']}", HTTP_IF_MATCH=order["ETag"]).status_code == 204
    with tenant_scope(stray.tenant_id):
        assert [order.status for order in Order.objects.all()] == ["CANCELLED"]


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/healthz", "/v1"])
def test_only_the_api_is_open_to_other_origins(page: Client, path: str) -> None:
    assert _cors_headers(page.get(path)) == []
    assert _cors_headers(page.options(path, **PREFLIGHT)) == []


def test_nobody_is_let_in_where_no_origin_is_named(api: Client, stray: Pet, alice: User) -> None:
    for answer in (
        api.get("/v1/pets", HTTP_ORIGIN=SHOP),
        api.options("/v1/orders", HTTP_ORIGIN=SHOP, **PREFLIGHT),
    ):
        assert _cors_headers(answer) == []
