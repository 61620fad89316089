"""The same reads of orders by each protocol, and the proof that each answers what REST answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.grpc_client import GET_ORDER
from benchmarks.grpc_load import find_order
from benchmarks.operations import GET, LIST, ORDER_FIELDS, PAGE, Operation
from benchmarks.seeds import STAFF
from benchmarks.sites import Site

FIELDS = " ".join(sorted(ORDER_FIELDS))
GRAPHQL_PATH = "/v1/graphql"
SOAP_PATH = "/soap"
SOAP_TYPES = "https://petstoreapi.com/soap/v1"
SOAP_BODY = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    f'<GetOrder xmlns="{SOAP_TYPES}"><id>{{id}}</id></GetOrder></soap:Body></soap:Envelope>'
)


def build_graphql_body(query: str, **variables: str) -> str:
    """Write a request of GraphQL."""
    return json.dumps({"query": query, "variables": variables})


REST_GET = replace(GET, title="REST GET one order")
REST_LIST = replace(LIST, title=f"REST LIST {PAGE} orders")
GRAPHQL_GET = Operation(
    "graphql-get", "GraphQL order(id)", "POST", GRAPHQL_PATH, ids="orders", mode="fill",
    body=build_graphql_body(f"query ($id: ID!) {{ order(id: $id) {{ {FIELDS} }} }}", id="{id}"),
)  # fmt: skip
GRAPHQL_LIST = Operation(
    "graphql-list", f"GraphQL orders(limit: {PAGE}), pets", "POST", GRAPHQL_PATH, mode="fill", caller=STAFF,
    body=build_graphql_body(f"{{ orders(limit: {PAGE}) {{ {FIELDS} pet {{ id name species price }} }} }}"),
)  # fmt: skip
SOAP_GET = Operation(
    "soap-get", "SOAP GetOrder", "POST", SOAP_PATH, ids="orders", mode="fill", body=SOAP_BODY, content_type="text/xml",
)  # fmt: skip
GRPC_GET = Operation("grpc-get", "gRPC GetOrder", "POST", GET_ORDER, ids="orders", mode="fill")


@dataclass(frozen=True)
class Pair:
    """A read by REST and the same by another protocol.

    Attributes:
        goal: the speed of the other, as a part of REST's.
        path: answers 404 where the server has no such protocol; empty for gRPC.
        prove: raises BenchmarkError where the other's answer is not REST's.
    """

    rest: Operation
    other: Operation
    goal: float
    path: str
    prove: Callable[[Site], None]


def prove_graphql_order(site: Site) -> None:
    """Check that GraphQL answers with REST's order."""
    order = _first_order(site)
    body = GRAPHQL_GET.body.replace("{id}", str(order))
    _expect_equal(GRAPHQL_GET, _ask_graphql(site, GRAPHQL_GET, body)["order"], _read_rest_order(site, order))


def prove_graphql_orders(site: Site) -> None:
    """Check that GraphQL answers with REST's page, each order with its pet."""
    found = _ask_graphql(site, GRAPHQL_LIST, GRAPHQL_LIST.body)["orders"]
    _expect_equal(GRAPHQL_LIST, [one.pop("pet")["id"] for one in found], [one["petId"] for one in found])
    headers = _build_headers(site, REST_LIST)
    expected = httpx.get(f"{site.base_url}{REST_LIST.path}", headers=headers, timeout=10).json()["data"]
    _expect_equal(GRAPHQL_LIST, found, expected)


def prove_soap_order(site: Site) -> None:
    """Check that SOAP answers with REST's order."""
    order = _first_order(site)
    answer = httpx.post(
        f"{site.base_url}{SOAP_PATH}",
        content=SOAP_BODY.replace("{id}", str(order)),
        headers=_build_headers(site, SOAP_GET),
        timeout=10,
    )
    document = ElementTree.fromstring(answer.text)  # noqa: S314  # from our own server
    element = document.find(f".//{{{SOAP_TYPES}}}order")
    if element is None:
        raise BenchmarkError(f"{SOAP_GET.title}: {answer.status_code} {answer.text[:500]}")
    found = {field.tag.partition("}")[2]: field.text for field in element}
    expected = {name: value for name, value in _read_rest_order(site, order).items() if value is not None}
    _expect_equal(SOAP_GET, found, expected)


def prove_grpc_order(site: Site) -> None:
    """Check that gRPC answers with REST's order."""
    order = _first_order(site)
    expected = _read_rest_order(site, order)
    found = find_order(name_grpc_address(site), str(order))
    names = ("id", "petId", "totalAmount", "currency")
    _expect_equal(
        GRPC_GET, [found.id, found.pet_id, found.total_amount, found.currency], [expected[name] for name in names]
    )


def name_grpc_address(site: Site) -> str:
    """Name the address at which a site's gRPC process listens."""
    return f"127.0.0.1:{site.contestant.env['GRPC_PORT']}"


PAIRS = (
    Pair(REST_GET, GRAPHQL_GET, 0.5, GRAPHQL_PATH, prove_graphql_order),
    Pair(REST_LIST, GRAPHQL_LIST, 0.5, GRAPHQL_PATH, prove_graphql_orders),
    Pair(REST_GET, GRPC_GET, 1.0, "", prove_grpc_order),
    Pair(REST_GET, SOAP_GET, 0.4, f"{SOAP_PATH}?wsdl", prove_soap_order),
)


def _first_order(site: Site) -> UUID:
    return next(site.place.store.list_anonymous_orders())


def _read_rest_order(site: Site, order: UUID) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{site.base_url}{GET.path}/{order}", timeout=10).json()
    return found


def _ask_graphql(site: Site, operation: Operation, body: str) -> Any:
    headers = _build_headers(site, operation)
    answer = httpx.post(f"{site.base_url}{GRAPHQL_PATH}", content=body, headers=headers, timeout=10)
    if answer.status_code != httpx.codes.OK or "errors" in answer.json():
        raise BenchmarkError(f"{operation.title}: {answer.status_code} {answer.text[:500]}")
    return answer.json()["data"]


def _build_headers(site: Site, operation: Operation) -> dict[str, str]:
    credential = site.build_credential_header(operation)
    name, _, value = (credential or "Accept: */*").partition(": ")
    return {"Content-Type": operation.content_type, name: value}


def _expect_equal(operation: Operation, found: object, expected: object) -> None:
    if found != expected:
        raise BenchmarkError(f"{operation.title} answers with {found}, REST with {expected}.")
