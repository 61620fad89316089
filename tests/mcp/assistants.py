"""An assistant who speaks JSON-RPC at /mcp, in any version of the protocol."""

import json
from dataclasses import dataclass, field
from typing import Any

from mcp.shared.inbound import NAME_BEARING_METHODS
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY

from accounts.models import User
from tenants.models import Tenant
from tests.client import Client, naming
from tests.rest.tokens import access, signed

HANDSHAKE = ("2025-03-26", "2025-06-18", "2025-11-25")
PER_REQUEST = "2026-07-28"
VERSIONS = (*HANDSHAKE, PER_REQUEST)
PATH = "/mcp"
BOTH = "application/json, text/event-stream"


@dataclass(frozen=True)
class Assistant:
    """Nobody, in the shared pool, in the version before the newest, until told otherwise."""

    version: str = "2025-11-25"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, *scopes: str, version: str = "2025-11-25", at: Tenant | None = None) -> "Assistant":
        """One who acts for a user, by a token with these scopes, by default with all."""
        token = access(user)
        if scopes:
            token = signed(token, scope=" ".join(scopes))
        return cls(version, {"HTTP_AUTHORIZATION": f"Bearer {token}"} | naming(at or user.tenant))

    def at(self, tenant: Tenant) -> "Assistant":
        return Assistant(self.version, self.headers | naming(tenant))

    def post(self, body: Any, **headers: Any) -> Any:
        """The answer to a body, which is text, bytes, or what becomes JSON."""
        sent: Any = body if isinstance(body, bytes | str) else json.dumps(body)
        named = {"HTTP_ACCEPT": BOTH, "HTTP_MCP_PROTOCOL_VERSION": self.version} | self.headers | headers
        kept = {name: value for name, value in named.items() if value is not None}
        return Client().generic("POST", PATH, sent, content_type=kept.pop("CONTENT_TYPE", "application/json"), **kept)

    def ask(self, method: str, params: dict[str, Any] | None = None, **headers: Any) -> Any:
        """The answer to a request."""
        params, routing = dict(params or {}), {}
        if self.version == PER_REQUEST:
            params["_meta"] = {PROTOCOL_VERSION_META_KEY: self.version, CLIENT_CAPABILITIES_META_KEY: {}}
            routing["HTTP_MCP_METHOD"] = method
            if method in NAME_BEARING_METHODS:
                routing["HTTP_MCP_NAME"] = params[NAME_BEARING_METHODS[method]]
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, **routing | headers)

    def result(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of a request that succeeds."""
        response = self.ask(method, params)
        assert response.status_code == 200, response.content
        result: dict[str, Any] = response.json()["result"]
        return result

    def error(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The error of a request that the protocol refuses."""
        error: dict[str, Any] = self.ask(method, params).json()["error"]
        return error

    def use(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a tool, whatever it says."""
        return self.result("tools/call", {"name": tool, "arguments": arguments})

    def data(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool gives, which stands there as text, too."""
        result = self.use(tool, **arguments)
        assert result["isError"] is False, result
        [block] = result["content"]
        assert block["type"] == "text"
        data: dict[str, Any] = json.loads(block["text"])
        assert result["structuredContent"] == data
        return data

    def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The problem that a tool gives instead."""
        result = self.use(tool, **arguments)
        assert result["isError"] is True, result
        assert "structuredContent" not in result
        [block] = result["content"]
        problem: dict[str, Any] = json.loads(block["text"])
        assert problem["instance"] == PATH
        return problem


def slug_of(problem: dict[str, Any]) -> tuple[int, str]:
    """The status of a problem and the last part of its type."""
    return problem["status"], problem["type"].removeprefix("https://petstoreapi.com/errors/")
