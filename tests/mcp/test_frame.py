"""What stands around every message at /mcp, whatever it asks for (contract, MCP)."""

import pytest

from tests.client import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "delete", "put", "head"])
def test_only_post_is_taken(api: Client, method: str) -> None:
    response = getattr(api, method)("/mcp")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"
    assert "Mcp-Session-Id" not in response
