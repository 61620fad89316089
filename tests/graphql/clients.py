"""A client of GraphQL over HTTP."""

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from tenants.models import Tenant
from tests.client import Client

PATH = "/v1/graphql"
GRAPHQL = "application/graphql-response+json"


@dataclass
class Graph:
    """Nobody, in the shared pool, until told otherwise."""

    client: Client

    @classmethod
    def of(cls, user: User | None = None, *, at: Tenant | None = None) -> "Graph":
        """The user, or nobody in particular, in the tenant `at`."""
        if user is not None:
            return cls(Client().as_(user, at=at))
        return cls(Client() if at is None else Client().at(at))

    def post(self, query: str, accept: str = "*/*", operation: str | None = None, **variables: Any) -> Any:
        """The answer of HTTP."""
        body = {"query": query, "variables": variables, "operationName": operation}
        return self.client.post(PATH, body, HTTP_ACCEPT=accept)

    def result(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole result of an operation that is executed."""
        answer = self.post(query, **variables)
        assert answer.status_code == 200, answer.content
        result: dict[str, Any] = answer.json()
        return result

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that has no errors."""
        result = self.result(query, **variables)
        assert "errors" not in result, result["errors"]
        data: dict[str, Any] = result["data"]
        return data

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that is executed; all of its fields are null."""
        result = self.result(query, **variables)
        assert result["data"] is None or set(result["data"].values()) == {None}
        (error,) = result["errors"]
        return dict(error)

    def code(self, query: str, **variables: Any) -> str:
        """The code of the one error of an operation that is executed."""
        return str(self.error(query, **variables)["extensions"]["code"])

    def refusal(self, query: str, **variables: Any) -> dict[str, Any]:
        """The first error of an operation that is not executed."""
        answer = self.post(query, **variables)
        assert answer.status_code == 400, answer.content
        assert answer.json().keys() == {"errors"}
        return dict(answer.json()["errors"][0])
