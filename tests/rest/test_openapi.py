"""The OpenAPI document: complete, valid, and true of the answers (contract, Base)."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from accounts.models import User
from events.queries import scoped_audit_events
from kernel.access import TokenScope
from payments.gateways.sandbox import DECLINED_CARD
from petstore.interfaces.rest import urls
from petstore.interfaces.rest.openapi.document import get_openapi_document
from petstore.interfaces.rest.openapi.events import name_event_schema
from petstore.interfaces.rest.openapi.examples import EXAMPLES
from public_events.event_types import EventType
from public_events.payloads import build_event_payloads
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.naming import PACKAGES
from tests.payments.paying import pay
from tests.rest import conformance
from webhooks.models import TEST_TYPE

OPERATIONS = [(operation["operationId"], operation) for operation in conformance.operations().values()]
each_operation = pytest.mark.parametrize("operation", [o for _id, o in OPERATIONS], ids=[i for i, _o in OPERATIONS])


def routed() -> set[tuple[str, str]]:
    """Every method of every route that a viewset answers; without QUERY, which OpenAPI 3.1 does not know, and HEAD."""
    return {
        (method.upper(), f"/{conformance.template(str(route.pattern))}")
        for route in urls.urlpatterns
        for method in getattr(route.callback, "actions", ())
        if method not in ("head", "query")
    }


def test_every_route_and_method_is_documented() -> None:
    assert set(conformance.operations()) == routed()


def test_drf_spectacular_finds_nothing_to_warn_of() -> None:
    written = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--api-version", "v1", stdout=written)
    assert "openapi: 3.1.0" in written.getvalue()


def test_the_document_is_valid_openapi() -> None:
    errors = OpenAPIV31SpecValidator(get_openapi_document()).iter_errors()
    assert [error.message for error in errors] == []


@each_operation
def test_an_operation_says_what_it_does_and_whom_it_serves(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["tags"][0] in {tag["name"] for tag in get_openapi_document()["tags"]}
    assert [set(option) <= {"bearer", "oauth2"} for option in operation["security"]] == [True] * len(
        operation["security"]
    )


@each_operation
def test_an_operation_documents_what_every_call_can_be_answered(operation: dict[str, Any]) -> None:
    assert {"400", "401", "403", "404", "406", "429", "500"} < set(operation["responses"])
    shared = {parameter.get("$ref", "").rpartition("/")[2] for parameter in operation["parameters"]}
    assert {"TenantId", "RequestId"} <= shared


@each_operation
def test_the_examples_of_an_operation_are_what_its_schemas_say(operation: dict[str, Any]) -> None:
    for media in bodies(operation):
        values = [media["example"]] if "example" in media else [e["value"] for e in media["examples"].values()]
        assert [conformance.body_faults(media["schema"], value) for value in values] == [[]] * len(values)


def bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON bodies of an operation; a KeyError in the test above means that one has no example."""
    parts = [operation.get("requestBody", {}), *map(conformance.resolved, operation["responses"].values())]
    return [media for part in parts for name, media in part.get("content", {}).items() if name.endswith("json")]


INSIDE = re.compile(rf"\b(contract|guarantees?|decisions?|G[0-9]+|({'|'.join(PACKAGES)})\.[a-z_]+)\b|petstore/|\.py\b")
"""Our papers, and modules of ours."""


def texts(part: Any) -> Iterator[str]:
    """What a part of the document says to its readers."""
    if isinstance(part, list):
        for inner in part:
            yield from texts(inner)
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in {"title", "summary", "description"} and isinstance(inner, str):
                yield inner
            yield from texts(inner)


def test_no_text_speaks_of_our_papers_and_modules() -> None:
    assert [text for text in texts(get_openapi_document()) if INSIDE.search(text)] == []


@pytest.mark.parametrize(
    "text", ["An order (contract, Orders).", "As G12 says.", "See `orders.queries`.", "See docs/decisions."]
)
def test_a_text_that_does_is_found(text: str) -> None:
    assert list(filter(INSIDE.search, texts({"paths": [{"get": {"description": text}}]}))) == [text]


def test_every_example_belongs_to_a_schema() -> None:
    assert set(EXAMPLES) <= set(get_openapi_document()["components"]["schemas"])


def test_each_event_is_a_webhook_whose_example_is_what_its_schema_says() -> None:
    webhooks = get_openapi_document()["webhooks"]
    assert set(webhooks) == {*EventType.values, TEST_TYPE}
    for name, item in webhooks.items():
        (media,) = bodies(item["post"])
        (example,) = media["examples"].values()
        assert example["value"]["eventType"] == name
        assert conformance.body_faults(media["schema"], example["value"]) == []


def test_what_receivers_are_sent_has_a_tag_of_its_own() -> None:
    """Generators make a class of each tag: one with calls and receivers together overwrote the other's."""
    received = {tag for item in get_openapi_document()["webhooks"].values() for tag in item["post"]["tags"]}
    called = {tag for operation in conformance.operations().values() for tag in operation["tags"]}
    assert (received, received & called) == ({"Events"}, set())
    assert all(item["post"]["x-internal"] for item in get_openapi_document()["webhooks"].values())
    assert [tag["name"] for tag in get_openapi_document()["tags"]].count("Events") == 1


@each_operation
def test_a_query_parameter_has_one_plain_type(operation: dict[str, Any]) -> None:
    """Generators make nothing of a parameter that may be of two."""
    parameters = [conformance.resolved(parameter) for parameter in operation["parameters"]]
    types = {p["name"]: p["schema"].get("type") for p in parameters if p["in"] == "query"}
    assert [name for name, kind in types.items() if kind not in {"string", "integer", "boolean", "array"}] == []
    assert not any({"anyOf", "oneOf", "allOf"} & set(p["schema"]) for p in parameters)


def test_a_callback_is_described_where_it_is_asked_for() -> None:
    (item,) = conformance.operations()["POST", "/orders/{}"]["callbacks"]["orderProcessed"].values()
    (media,) = bodies(item["post"])
    (example,) = media["examples"].values()
    assert conformance.body_faults(media["schema"], example["value"]) == []


@pytest.mark.django_db
def test_every_event_that_is_told_is_what_its_schema_says(acme: Tenant, alice: User) -> None:
    paid, failed = OrderFactory.create_batch(2, tenant=acme, customer=alice)
    pay(paid)
    pay(failed, DECLINED_CARD)
    with tenant_scope(acme.id):
        told = [payload for event in scoped_audit_events() for payload in build_event_payloads(event)]
    assert {payload.event_type for payload in told} == set(EventType)
    schemas = {name: {"$ref": f"#/components/schemas/{name_event_schema(name)}"} for name in EventType.values}
    assert [conformance.body_faults(schemas[one.event_type], json.loads(one.body)) for one in told] == [[]] * len(told)


@pytest.mark.parametrize(
    "name", ["Pet", "PetCollection", "Order", "OrderCollection", "User", "ApiResponse", "Inventory", "Problem"]
)
def test_the_schemas_have_the_names_of_the_contract(name: str) -> None:
    assert name in get_openapi_document()["components"]["schemas"]


def test_an_order_is_described_as_the_contract_says() -> None:
    order = get_openapi_document()["components"]["schemas"]["Order"]
    required = {"id", "petId", "userId", "status", "totalAmount", "currency", "createdAt", "updatedAt"}
    assert set(order["required"]) == required
    assert order["properties"]["tenantId"] == {"type": ["string", "null"], "format": "uuid"}
    assert order["properties"]["status"]["enum"] == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED", "CANCELLED"]


def test_a_pet_is_described_as_the_contract_says() -> None:
    pet = get_openapi_document()["components"]["schemas"]["Pet"]
    required = {"id", "species", "name", "ageMonths", "price", "currency", "status", "createdAt", "updatedAt"}
    assert set(pet["required"]) == required
    assert pet["properties"]["species"]["enum"] == ["DOG", "CAT", "RABBIT", "BIRD", "REPTILE", "OTHER"]
    assert pet["properties"]["medicalInfo"] == {"$ref": "#/components/schemas/MedicalInfo"}


def test_a_search_says_that_query_does_the_same() -> None:
    assert "QUERY /pets" in conformance.operations()["POST", "/pets/search"]["description"]


def test_a_new_order_takes_old_names_and_no_unknown_ones() -> None:
    names = get_openapi_document()["components"]["schemas"]["NewOrder"]["propertyNames"]["enum"]
    assert {"petId", "userId", "quantity", "shipDate", "complete", "tenantId"} <= set(names)
    assert "discount" not in names


def test_json_and_yaml_are_the_same_document(api: Client) -> None:
    as_json, as_yaml = api.get("/v1/openapi.json"), api.get("/v1/openapi.yaml")
    assert (as_json["Content-Type"], as_yaml["Content-Type"]) == ("application/json", "application/yaml")
    assert json.loads(as_json.content) == yaml.safe_load(as_yaml.content)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/openapi.yaml", "/v1/docs"])
def test_the_documentation_is_open_to_strangers_of_a_members_only_tenant(api: Client, acme: Tenant, path: str) -> None:
    assert api.at(acme).get(path).status_code == 200


def test_the_document_is_not_sent_twice_to_those_who_have_it(api: Client) -> None:
    tag = api.get("/v1/openapi.json")["ETag"]
    again = api.get("/v1/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_document_cannot_be_changed(api: Client) -> None:
    refused = api.post("/v1/openapi.json")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
    assert refused["Allow"] == "GET, HEAD, OPTIONS"


def test_the_reference_page_takes_nothing_from_another_host(api: Client) -> None:
    page = api.get("/v1/docs", HTTP_ACCEPT="text/html")
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert b"//" not in page.content
    assert "default-src 'none'" in page["Content-Security-Policy"]


def test_an_operation_takes_tokens_of_applications_unless_it_is_closed_to_them() -> None:
    scheme = get_openapi_document()["components"]["securitySchemes"]["oauth2"]
    flow = scheme["flows"]["authorizationCode"]
    assert flow["tokenUrl"].endswith("/oauth/token")
    assert set(flow["scopes"]) == {scope.value for scope in TokenScope}
    for (method, path), operation in conformance.operations().items():
        kinds = {kind: scopes for option in operation["security"] for kind, scopes in option.items()}
        is_closed = path.startswith(("/admin", "/webhooks"))
        assert ("oauth2" in kinds) is not is_closed, f"{method} {path}"
        assert kinds.get("oauth2", kinds["bearer"]) == kinds["bearer"]
        assert set(kinds["bearer"]) <= set(flow["scopes"])
