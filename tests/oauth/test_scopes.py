"""Scopes hold on every operation of REST, also where no token is needed; some operations take no application at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse

from accounts.models import User
from accounts.services.sessions import start_login_session
from kernel import ids
from kernel.access import TokenScope
from petstore.interfaces.http.tokens import ApplicationGrant, issue_token_pair
from petstore.interfaces.rest.urls import urlpatterns
from tenants.scoping import tenant_scope
from tests.client import Client

ALL = frozenset(str(scope) for scope in TokenScope)
WITHOUT = frozenset((("POST", "users"), *(("POST", f"auth/tokens{more}") for more in ("", "/refresh", "/revoke"))))
"""The operations by which one gets an account or tokens."""
CLOSED = "closed to applications"
READS = ("GET", "QUERY")


def expected_scope(method: str, path: str) -> str | None:
    """What the contract's table says."""
    first = path.partition("/")[0]
    if (method, path) in WITHOUT:
        return None
    if first in ("admin", "webhooks"):
        return CLOSED
    if first in ("chat", "models"):
        return "chat:write"
    is_read = method in READS or path == "pets/search"
    thing = {"inventory": "pets", "inventories": "pets", "payments": "orders", "receipts": "orders", "users": "user"}
    return f"{'read' if is_read else 'write'}:{thing.get(first, first)}"


def operations() -> Iterator[tuple[str, str]]:
    """Method and path of each operation, with ids that nobody has."""
    for route in urlpatterns:
        path = str(route.pattern)
        for name in route.pattern.converters:
            path = path.replace(f"<id:{name}>", str(ids.new_id())).replace(f"<str:{name}>", "PET_ADVISOR_1")
        for method in getattr(route.callback, "actions", {}):
            if method != "head":
                yield method.upper(), path


OPERATIONS = list(operations())
NAMES = [f"{method} {path}" for method, path in OPERATIONS]


def call(user: User, method: str, path: str, scopes: frozenset[str]) -> Any:
    with tenant_scope(user.tenant_id):
        token = issue_token_pair(start_login_session(user), ApplicationGrant("probe", tuple(sorted(scopes)))).token
    client = Client().at(user.tenant)
    response: HttpResponse = client.generic(
        method, f"/v1/{path}", "{}", "application/json", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    return response


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=NAMES)
def test_a_token_without_the_scope_is_refused_with_its_name_and_one_with_it_is_not(
    sam: User, method: str, path: str
) -> None:
    scope = expected_scope(method, path)
    if scope == CLOSED:
        answer = call(sam, method, path, ALL)
        assert answer.status_code == 403
        assert "WWW-Authenticate" not in answer
        return
    if scope is None:
        assert call(sam, method, path, frozenset()).status_code in (400, 401)
        return
    refused = call(sam, method, path, ALL - {scope})
    assert refused.status_code == 403
    assert refused["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
    assert call(sam, method, path, frozenset((scope,))).status_code not in (401, 403)


def test_the_table_knows_every_operation_and_both_ways_occur() -> None:
    found = {expected_scope(method, path) for method, path in OPERATIONS}
    assert found == ALL | {None, CLOSED}
    assert len(OPERATIONS) > 30
