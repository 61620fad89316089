"""A database that is away is a clean problem, and asks to come again (guarantees, G5)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser

from tenants.models import Tenant
from tests.client import Client
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.django_db


def _refuse(*_statement: Any) -> Any:
    raise OperationalError("server closed the connection at 10.0.0.7")


@pytest.fixture
def away(pool: Tenant) -> Iterator[None]:
    with connection.execute_wrapper(_refuse):
        yield


@pytest.mark.parametrize(
    "headers", [{}, {"HTTP_X_TENANT_ID": str(UUID(int=4 << 76 | 8 << 60))}], ids=["pool", "tenant"]
)
def test_a_database_that_is_away_is_a_503_that_says_when_to_come_again(
    api: Client, away: None, headers: dict[str, Any]
) -> None:
    answer = api.get("/v1/pets", **headers)
    assert_problem(answer, 503, "internal-server-error")
    assert answer["Retry-After"] == "1"
    assert answer.json()["requestId"] == answer["X-Request-ID"]
    assert b"10.0.0.7" not in answer.content


def test_so_it_is_for_a_page(client: Browser, away: None) -> None:
    client.raise_request_exception = False
    client.cookies["sessionid"] = "x" * 32
    answer = client.get("/admin/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Back in a moment" in answer.content.decode()
