"""What a refusal of the API looks like (contract, Errors; RFC 9457)."""

from typing import Any

TYPES = "https://petstoreapi.com/errors/"


def assert_problem(response: Any, status: int, slug: str, field: str = "") -> None:
    """A clean problem of this status and type, blaming this field where one is given."""
    assert response.status_code == status, response.content[:300]
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == TYPES + slug
    assert (body["status"], body["instance"]) == (status, response.wsgi_request.path)
    assert body["title"]
    assert body["detail"]
    if field:
        assert field in [fault["field"] for fault in body["errors"]]
