"""The short way into an action answers as DRF's own way does, byte for byte (decision 53)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern
from rest_framework.throttling import AnonRateThrottle

from accounts.models import User
from petstore.interfaces.rest.dispatch import RENDERER, shorten_view
from petstore.interfaces.rest.resources.orders import OrderViewSet
from petstore.interfaces.rest.urls import urlpatterns
from petstore.interfaces.rest.viewsets import ApiRequest, ApiViewSet
from petstore.server.awaited_response import AwaitedResponse
from tests.rest.plain_urls import SHORT
from tests.rest.test_tenancy import BODIES, _stock
from tests.rest.tokens import access

Headers = dict[str, str]
NEW = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|20\d\d-\d\d-\d\dT[\d:.]+Z|[\w+/-]{32,}=*")
"""What is new in each answer to a write: ids, times, secrets."""
JSON = "application/json"
BODY_OF_LISTS: dict[tuple[str, str], Any] = {
    ("post", "orders"): {"petId": "0190b6a2-0000-7000-8000-000000000000"},
    ("post", "users"): {"username": "nobody"},
    ("post", "auth/tokens"): {"username": "alice", "password": "wrong"},
}


def routes() -> Iterator[tuple[URLPattern, str]]:
    """Each route that has a short way, with each method that it has, some that it has not, HEAD and OPTIONS."""
    for route in urlpatterns:
        if route.callback.__name__ == SHORT:
            for method in {*route.callback.actions, "head", "options", "patch", "delete"}:
                yield route, method


def ask_both_ways(path: str, method: str, body: bytes, content_type: str, headers: Headers) -> list[Any]:
    """What is answered by the short way, and by DRF's own; nothing of either is kept."""
    answers = []
    for urls in ("petstore.urls", "tests.rest.plain_urls"):
        with override_settings(ROOT_URLCONF=urls):
            before = transaction.savepoint()
            response = Client(raise_request_exception=False).generic(
                method.upper(), path, body, content_type=content_type, headers=headers
            )
            answers.append(describe_response(response))
            transaction.savepoint_rollback(before)
    return answers


def describe_response(response: HttpResponseBase) -> tuple[int, Mapping[str, str], bytes]:
    if isinstance(response, AwaitedResponse):
        return response.status_code, {}, b"made later"
    content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]  # both are iterable
    named = {name: NEW.sub(b"*", value.encode()).decode() for name, value in response.items()}
    return response.status_code, named, NEW.sub(b"*", content)


@pytest.fixture
def headers(alice: User, sam: User, charlie: User) -> dict[str, Headers]:
    home = {"X-Tenant-ID": str(alice.tenant_id), "X-Request-ID": "r-1"}
    tokens = {user.username: {"Authorization": f"Bearer {access(user)}"} for user in (alice, sam, charlie)}
    return {
        "nobody": home,
        "bad": home | {"Authorization": "Bearer a.b.c"},
        **{name: home | token for name, token in tokens.items()},
        "picky": home | tokens["sam"] | {"Accept": "text/html"},
        "json": home | tokens["sam"] | {"Accept": JSON},
    }


@pytest.mark.parametrize("who", ["nobody", "bad", "alice", "sam", "charlie", "json"])
def test_each_operation_answers_alike_by_both_ways(headers: dict[str, Headers], alice: User, who: str) -> None:
    rows = _stock(alice.tenant)
    for route, method in routes():
        path = "/v1/" + str(route.pattern)
        body = BODIES.get((method, str(route.pattern))) or BODY_OF_LISTS.get((method, str(route.pattern)), {})
        for name, row_id in rows.items():
            path = path.replace(f"<id:{name}>", str(row_id))
        text = b"" if method in ("get", "head", "options", "delete") else RENDERER.render(body)
        short, plain = ask_both_ways(path, method, text, JSON, headers[who])
        assert short == plain, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type"),
    [
        ("post", "orders", b"{", JSON),
        ("post", "orders", b"petId=1", "application/x-www-form-urlencoded"),
        ("post", "orders", b'{"petId": "x"}', JSON),
        ("post", "orders", b"{}", f"{JSON}; charset=latin-1"),
        ("get", "orders?limit=0", b"", JSON),
        ("get", "orders?status=nothing", b"", JSON),
        ("get", "orders/0190b6a2-0000-7000-8000-000000000000", b"", JSON),
        ("trace", "orders", b"", JSON),
        ("query", "pets", b"{}", JSON),
    ],
)
def test_each_refusal_is_alike_by_both_ways(
    headers: dict[str, Headers], method: str, path: str, body: bytes, content_type: str
) -> None:
    for who in ("alice", "sam", "picky"):
        short, plain = ask_both_ways(f"/v1/{path}", method, body, content_type, headers[who])
        assert short == plain, who
        assert short[0] >= 400 or method == "query"


def test_most_operations_go_the_short_way() -> None:
    own = [route for route in urlpatterns if getattr(route.callback, "actions", None)]
    assert sum(route.callback.__name__ == SHORT for route in own) > 30


class ThrottledOrders(OrderViewSet):
    throttle_classes = (AnonRateThrottle,)


class LimitedOrders(OrderViewSet):
    http_method_names = ["get"]  # noqa: RUF012  # as View has it


@pytest.mark.parametrize("view_class", [ThrottledOrders, LimitedOrders])
def test_a_viewset_with_a_hook_of_its_own_goes_the_way_of_drf(view_class: type[ApiViewSet]) -> None:
    plain = super(ApiViewSet, view_class).as_view({"get": "list"})
    assert shorten_view(view_class, plain, base=ApiViewSet, request_class=ApiRequest) is plain
