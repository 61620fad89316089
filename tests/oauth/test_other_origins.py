"""Pages of allowed origins may exchange, revoke and read the metadata, and nothing else of OAuth 2.0."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from petstore.settings.browsers import CORS_MIDDLEWARE

SHOP, STRANGER = "https://shop.example", "https://evil.example"
OPEN = (
    "/oauth/token",
    "/oauth/revoke",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)
SHUT = ("/oauth/introspect", "/oauth/device/authorize", "/oauth/authorize", "/oauth/login", "/oauth/token/x")


@pytest.fixture
def shop_is_allowed(settings: Settings, db: None) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    place = settings.MIDDLEWARE.index("petstore.interfaces.http.middleware.RequestIdMiddleware") + 1
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], CORS_MIDDLEWARE, *settings.MIDDLEWARE[place:]]


def cors(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name.lower().startswith("access-control-")}


def ask_first(path: str, origin: str) -> Any:
    """A preflight."""
    headers: dict[str, Any] = {
        "HTTP_ORIGIN": origin,
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization,content-type",
    }
    return Client(SERVER_NAME="testserver").generic("OPTIONS", path, **headers)


@pytest.mark.usefixtures("shop_is_allowed")
@pytest.mark.parametrize("path", OPEN)
def test_an_allowed_origin_may_call_without_cookies(path: str) -> None:
    answers = [
        ask_first(path, SHOP),
        Client(SERVER_NAME="testserver").generic("POST" if "oauth/" in path[:7] else "GET", path, HTTP_ORIGIN=SHOP),
    ]
    for answer in answers:
        assert answer["Access-Control-Allow-Origin"] == SHOP
        assert "Access-Control-Allow-Credentials" not in answer
    assert {"authorization", "content-type"} <= set(answers[0]["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.usefixtures("shop_is_allowed")
@pytest.mark.parametrize("path", OPEN)
def test_another_origin_may_not(path: str) -> None:
    assert "Access-Control-Allow-Origin" not in cors(ask_first(path, STRANGER))
    answer = Client(SERVER_NAME="testserver").generic("POST", path, HTTP_ORIGIN=STRANGER)
    assert "Access-Control-Allow-Origin" not in cors(answer)


@pytest.mark.usefixtures("shop_is_allowed")
@pytest.mark.parametrize("path", SHUT)
def test_pages_and_what_servers_call_is_shut_to_other_origins(path: str) -> None:
    assert cors(ask_first(path, SHOP)) == {}
    assert cors(Client(SERVER_NAME="testserver").generic("POST", path, HTTP_ORIGIN=SHOP)) == {}
