"""Callers of each protocol, who ask for the same operations and tell what came of them as REST would."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from kernel.access import access_of
from kernel.caller import Credentials, Peer
from petstore.interfaces.calls import open_call
from petstore.interfaces.grpc.methods import Call
from petstore.interfaces.grpc.refusals import build_refusal
from petstore.interfaces.grpc.services import METHODS
from tenants.models import Tenant
from tests.client import Client, naming
from tests.graphql.clients import PATH as GRAPHQL_PATH
from tests.grpc.calling import SITE, show_as_rest, without_nulls
from tests.mcp.assistants import Assistant
from tests.soap.consumers import Consumer, read_problem, read_result

OPERATIONS: Final = ("get_pet", "list_pets", "create_order", "get_order", "cancel_order")
ORDER: Final = "id petId userId status totalAmount currency createdAt updatedAt tenantId"
ELSEWHERE: Final = ("etag", "adoptionFee")
PET: Final = (
    "id species name breed ageMonths size color gender goodWithKids price currency description status photos "
    "medicalInfo { spayedNeutered vaccinated microchipped specialNeeds healthNotes } createdAt updatedAt tenantId"
)


@dataclass(frozen=True)
class Told:
    """What came of a call.

    Attributes:
        data: without what is null; empty where it was refused.
        problem: empty where it was not.
    """

    data: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] = field(default_factory=dict)


def told(data: Mapping[str, Any]) -> Told:
    """What was granted, without the ETag, which REST has in a header, and the fee of gRPC's first clients."""
    return Told(data={name: value for name, value in without_nulls(data).items() if name not in ELSEWHERE})


def refused(problem: Mapping[str, Any]) -> Told:
    """What is the same on each protocol of a problem that REST would answer with."""
    errors = [(one["field"], one["message"], one["code"].upper()) for one in problem.get("errors", ())]
    return Told(problem={name: problem[name] for name in ("type", "title", "status", "detail")} | {"errors": errors})


@dataclass(frozen=True)
class Speaker(ABC):
    """Somebody with a token, or nobody in particular, in a tenant."""

    token: str | None
    tenant: Tenant

    @abstractmethod
    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        """Ask for an operation.

        Args:
            subject: the id of the pet or of the order.
            key: an idempotency key.
        """

    @property
    def headers(self) -> dict[str, str]:
        """Who it is, over HTTP."""
        bearer = {} if self.token is None else {"HTTP_AUTHORIZATION": f"Bearer {self.token}"}
        return bearer | naming(self.tenant)


def more_headers(key: str | None, request_id: str | None) -> dict[str, str]:
    """What a call has besides."""
    given = {"HTTP_IDEMPOTENCY_KEY": key, "HTTP_X_REQUEST_ID": request_id}
    return {name: value for name, value in given.items() if value is not None}


class RestSpeaker(Speaker):
    """REST."""

    routes: ClassVar = {
        "get_pet": ("GET", "/v1/pets/{}"),
        "list_pets": ("GET", "/v1/pets"),
        "create_order": ("POST", "/v1/orders"),
        "get_order": ("GET", "/v1/orders/{}"),
        "cancel_order": ("DELETE", "/v1/orders/{}"),
    }

    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        method, path = self.routes[operation]
        sent = json.dumps({"petId": subject}) if method == "POST" else ""
        headers: Any = self.headers | more_headers(key, request_id)
        response: Any = Client().generic(method, path.format(subject), sent, "application/json", **headers)
        if response.status_code >= 400:
            return refused(response.json())
        if response.status_code == 204:  # REST shows no order that it has cancelled
            return self.call("get_order", subject)
        body = response.json()
        return told({"data": body["data"]} if operation == "list_pets" else body)


class GraphqlSpeaker(Speaker):
    """GraphQL."""

    documents: ClassVar = {
        "get_pet": f"query ($id: ID!) {{ pet(id: $id) {{ {PET} }} }}",
        "list_pets": f"{{ pets {{ {PET} }} }}",
        "create_order": (
            f"mutation ($id: ID!, $key: String) {{ createOrder(input: {{petId: $id, idempotencyKey: $key}}) "
            f"{{ order {{ {ORDER} }} }} }}"
        ),
        "get_order": f"query ($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}",
        "cancel_order": f"mutation ($id: ID!) {{ cancelOrder(id: $id) {{ order {{ {ORDER} }} }} }}",
    }

    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        variables = {"id": subject, "key": key}
        body = json.dumps({"query": self.documents[operation], "variables": variables})
        headers: Any = self.headers | more_headers(None, request_id)
        result = Client().generic("POST", GRAPHQL_PATH, body, "application/json", **headers).json()
        if "errors" in result:
            [error] = result["errors"]
            return refused(error["extensions"]["problem"])
        [found] = result["data"].values()
        if operation == "list_pets":
            return told({"data": found})
        return told(found.get("order", found))


class SoapSpeaker(Speaker):
    """SOAP."""

    names: ClassVar = {
        "get_pet": ("GetPet", "id"),
        "list_pets": ("ListPets", None),
        "create_order": ("CreateOrder", "petId"),
        "get_order": ("GetOrder", "id"),
        "cancel_order": ("CancelOrder", "id"),
    }

    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        name, argument = self.names[operation]
        fields = {argument: subject} if argument else {}
        response = Consumer(self.headers).ask(name, fields, **more_headers(key, request_id))
        if response.status_code >= 400:
            return refused(read_problem(response))
        result = read_result(response, name)
        return told({"data": result["pets"]} if operation == "list_pets" else result)


class McpSpeaker(Speaker):
    """MCP."""

    tools: ClassVar = {
        "get_pet": ("get_pet", "petId"),
        "list_pets": ("search_pets", None),
        "create_order": ("create_order", "petId"),
        "get_order": ("get_order", "orderId"),
        "cancel_order": ("cancel_order", "orderId"),
    }

    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        name, argument = self.tools[operation]
        arguments = ({argument: subject} if argument else {}) | ({"idempotencyKey": key} if key else {})
        params = {"name": name, "arguments": arguments}
        response = Assistant(headers=self.headers).ask("tools/call", params, **more_headers(None, request_id))
        if response.status_code >= 400:
            return refused(response.json())
        result = response.json()["result"]
        if result["isError"]:
            return refused(json.loads(result["content"][0]["text"]))
        found = result["structuredContent"]
        return told({"data": found["data"]} if operation == "list_pets" else found)


class GrpcSpeaker(Speaker):
    """gRPC, without its server."""

    methods: ClassVar = {
        "get_pet": ("PetService/GetPet", "id"),
        "list_pets": ("PetService/ListPets", None),
        "create_order": ("OrderService/CreateOrder", "pet_id"),
        "get_order": ("OrderService/GetOrder", "id"),
        "cancel_order": ("OrderService/CancelOrder", "id"),
    }

    def call(self, operation: str, subject: str = "", *, key: str | None = None, request_id: str | None = None) -> Told:
        name, argument = self.methods[operation]
        method = METHODS[f"/petstore.v1.{name}"]
        request = method.request(**({argument: subject} if argument else {}))
        peer = Peer("127.0.0.1", request_id or "")
        tenant = naming(self.tenant).get("HTTP_X_TENANT_ID")
        try:
            with open_call(Credentials(self.token), access_of(method.use_case), tenant, peer) as actor:
                found = show_as_rest(method.run(request, Call(actor, SITE, key)))
        except Exception as error:  # noqa: BLE001  # as the server does, which knows what is a refusal
            return refused(_read_status(build_refusal(error, instance=method.path, request_id="r").details))
        if operation != "list_pets":
            return told(found)
        return Told(data={"data": [told(pet).data for pet in found["pets"]]})


def _read_status(details: bytes) -> dict[str, Any]:
    """The problem that `google.rpc.Status` stands for."""
    status, info, bad = Status.FromString(details), ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    errors = [
        {"field": _to_camel_case(one.field), "message": one.description, "code": one.reason}
        for one in bad.field_violations
    ]
    return dict(info.metadata) | {"status": int(info.metadata["status"]), "detail": status.message, "errors": errors}


def _to_camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


SPEAKERS: Final[Mapping[str, type[Speaker]]] = {
    "REST": RestSpeaker, "GraphQL": GraphqlSpeaker, "gRPC": GrpcSpeaker, "SOAP": SoapSpeaker, "MCP": McpSpeaker,
}  # fmt: skip
