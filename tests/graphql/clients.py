"""A client of GraphQL over HTTP."""

import json
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from tenants.models import Tenant
from tests.client import Client, naming
from tests.rest.tokens import access, signed

PATH = "/v1/graphql"
GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@dataclass(frozen=True)
class Graph:
    """Nobody, in the shared pool, until told otherwise."""

    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, *scopes: str, at: Tenant | None = None) -> "Graph":
        """A user, by a token with these scopes, by default with all."""
        token = access(user)
        if scopes:
            token = signed(token, scope=" ".join(scopes))
        return cls({"HTTP_AUTHORIZATION": f"Bearer {token}"} | naming(at or user.tenant))

    @classmethod
    def at(cls, tenant: Tenant) -> "Graph":
        """Nobody in particular, naming this tenant."""
        return cls(naming(tenant))

    def send(self, body: Any, **headers: Any) -> Any:
        """The answer to a body, which is text, bytes, or what becomes JSON."""
        sent: Any = body if isinstance(body, bytes | str) else json.dumps(body)
        named = self.headers | headers
        return Client().generic("POST", PATH, sent, content_type=named.pop("CONTENT_TYPE", JSON), **named)

    def get(self, **query: str) -> Any:
        """The answer to a GET with this query string."""
        named: dict[str, Any] = self.headers | {"HTTP_ACCEPT": "*/*"}
        return Client().get(PATH, query, **named)

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer to an operation."""
        return self.send({"query": query, "variables": variables})

    def result(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole result of an operation that is executed."""
        answer = self.ask(query, **variables)
        assert answer.status_code == 200, answer.content
        result: dict[str, Any] = answer.json()
        return result

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation without errors."""
        result = self.result(query, **variables)
        assert "errors" not in result, result["errors"]
        data: dict[str, Any] = result["data"]
        return data

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that is executed; all of its fields are null."""
        result = self.result(query, **variables)
        assert result["data"] is None or set(result["data"].values()) == {None}
        (error,) = result["errors"]
        problem = error["extensions"]["problem"]
        assert error["extensions"]["code"] == problem["type"].rpartition("/")[2].upper().replace("-", "_")
        assert (error["message"], problem["instance"]) == (problem["detail"], PATH)
        return dict(error)

    def code(self, query: str, **variables: Any) -> str:
        """The code of the one error of an operation that is executed."""
        return str(self.error(query, **variables)["extensions"]["code"])

    def fault(self, query: str, **variables: Any) -> tuple[str, str]:
        """The one field at fault, and the code of the fault."""
        error = self.error(query, **variables)
        assert error["extensions"]["code"] == "VALIDATION_ERROR"
        (fault,) = error["extensions"]["problem"]["errors"]
        return fault["field"], fault["code"]

    def refusal(self, query: str, **variables: Any) -> dict[str, Any]:
        """The first error of an operation that is not executed."""
        return refusal_of(self.ask(query, **variables))


def refusal_of(answer: Any, status: int = 400) -> dict[str, Any]:
    """The first error of an answer without data."""
    assert answer.status_code == status, answer.content
    assert answer.json().keys() == {"errors"}
    error: dict[str, Any] = answer.json()["errors"][0]
    assert error["extensions"]["problem"]["instance"] == PATH
    return error


def code_of(error: dict[str, Any]) -> str:
    """The code of an error."""
    return str(error["extensions"]["code"])
