"""A program that speaks SOAP at /soap, through Django's test client; each answer is held against the WSDL."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lxml import etree

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.soap.elements import ENVELOPE_NAMESPACE, NAMESPACE, write_element
from petstore.interfaces.soap.envelopes import Element
from petstore.interfaces.soap.schema import load_wsdl_types
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.client import Client, naming
from tests.rest.tokens import access, signed

PATH: Final = "/soap"
TYPES: Final = "https://petstoreapi.com/errors/"
SCHEMA: Final = etree.XMLSchema(load_wsdl_types())
FLAGS: Final = ("goodWithKids", "spayedNeutered", "vaccinated", "microchipped", "specialNeeds")
NUMBERS: Final = ("ageMonths", "status", "page", "limit", "totalItems", "totalPages")
S: Final = f"{{{ENVELOPE_NAMESPACE}}}"
T: Final = f"{{{NAMESPACE}}}"


def request(operation: str, **fields: object) -> str:
    """What a Body holds to ask for an operation."""
    inner = "".join(write_element(name, value) for name, value in fields.items())
    return f'<{operation} xmlns="{NAMESPACE}">{inner}</{operation}>'


def envelope(body: str, header: str = "", namespace: str = ENVELOPE_NAMESPACE) -> str:
    """An envelope around it."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return f'<s:Envelope xmlns:s="{namespace}">{head}<s:Body>{body}</s:Body></s:Envelope>'


def count_rows() -> tuple[int, list[str]]:
    """The orders, and the statuses of all pets."""
    with all_tenants(reason="a test counts"):
        return Order.objects.count(), sorted(Pet.objects.values_list("status", flat=True))


@dataclass(frozen=True)
class Consumer:
    """Nobody, in the shared pool, until told otherwise."""

    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, *scopes: str, at: Tenant | None = None) -> "Consumer":
        """One who acts for a user, by a token with these scopes, by default with all."""
        token = access(user)
        if scopes:
            token = signed(token, scope=" ".join(scopes))
        return cls({"HTTP_AUTHORIZATION": f"Bearer {token}"} | naming(at or user.tenant))

    def at(self, tenant: Tenant) -> "Consumer":
        return replace(self, headers=self.headers | naming(tenant))

    def post(self, body: bytes | str, **headers: Any) -> Any:
        """The answer to a body."""
        named = self.headers | headers
        kind = named.pop("CONTENT_TYPE", "text/xml; charset=utf-8")
        sent: Any = body if isinstance(body, bytes) else body.encode()
        return Client().generic("POST", PATH, sent, content_type=kind, **named)

    def ask(self, operation: str, /, fields: Mapping[str, object] | None = None, **headers: Any) -> Any:
        """The answer to an operation."""
        return self.post(envelope(request(operation, **(fields or {}))), **headers)

    def call(self, operation: str, /, **fields: object) -> Any:
        """What an operation gives, as JSON would have it."""
        response = self.ask(operation, fields)
        return read_result(response, operation)

    def refusal(self, operation: str, /, **fields: object) -> dict[str, Any]:
        """The problem that it gives instead."""
        return read_problem(self.ask(operation, fields))


def read_body(response: Any) -> Element:
    """The one element in the Body of an answer."""
    assert response["Content-Type"] == "text/xml; charset=utf-8", response.content
    root = etree.fromstring(response.content)
    assert root.tag == f"{S}Envelope"
    [body] = root
    assert body.tag == f"{S}Body"
    [told] = body
    return told


def read_result(response: Any, operation: str) -> Any:
    """What a response says, which has to follow the schema."""
    assert response.status_code == 200, response.content
    told = read_body(response)
    assert told.tag == f"{T}{operation}Response"
    SCHEMA.assertValid(told)
    return plain(told)


def read_fault(response: Any) -> tuple[str, str, Element | None]:
    """The code, the sentence and the Problem of a fault, which has to follow the schemas."""
    assert response.status_code == 500, (response.status_code, response.content)
    fault = read_body(response)
    assert fault.tag == f"{S}Fault"
    names = [child.tag for child in fault]
    assert names in (["faultcode", "faultstring", "detail"], ["faultcode", "faultstring"]), names
    prefix, _, code = (fault.findtext("faultcode") or "").partition(":")
    assert fault.nsmap[prefix] == ENVELOPE_NAMESPACE
    detail = fault.find("detail")
    if detail is None:
        return code, fault.findtext("faultstring") or "", None
    [problem] = detail
    SCHEMA.assertValid(problem)
    return code, fault.findtext("faultstring") or "", problem


def read_problem(response: Any) -> dict[str, Any]:
    """The problem of a fault, with an empty list of errors where it has none."""
    code, sentence, told = read_fault(response)
    assert told is not None
    problem: dict[str, Any] = plain(told)
    assert code == ("Server" if problem["status"] >= 500 else "Client")
    assert sentence == problem["title"]
    assert problem["instance"] == PATH
    assert problem["requestId"] == response["X-Request-ID"]
    return problem


def slug_of(problem: Mapping[str, Any]) -> tuple[int, str]:
    """The status of a problem and the last part of its type."""
    return problem["status"], problem["type"].removeprefix(TYPES)


def plain(element: Element) -> Any:
    """An element as JSON would have it: lists without their wrapper's inner name, flags and figures as such."""
    name = etree.QName(element).localname
    if name in ("photos", "pets", "errors"):
        return [plain(child) for child in element]
    if len(element) or name == "ListPetsResponse":
        inner = {etree.QName(child).localname: plain(child) for child in element}
        return next(iter(inner.values())) if name.endswith("Response") and len(inner) == 1 else inner
    text = element.text or ""
    if name in FLAGS:
        return {"true": True, "false": False}[text]
    return int(text) if name in NUMBERS and text.isdigit() else text


def without_nulls(data: Any) -> Any:
    """REST's JSON as SOAP has it: what is null is absent."""
    if isinstance(data, dict):
        return {name: without_nulls(value) for name, value in data.items() if value is not None}
    return [without_nulls(item) for item in data] if isinstance(data, list) else data
