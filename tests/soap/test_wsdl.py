"""The WSDL as callers get it (contract, SOAP)."""

from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree
from pytest_django import Settings

from accounts.models import User
from kernel.access import access_of
from orders.states import Status
from pets.models import Pet
from petstore.interfaces.soap import wsdl
from petstore.interfaces.soap.elements import NAMESPACE
from petstore.interfaces.soap.operations import OPERATIONS
from petstore.interfaces.soap.schema import load_wsdl_types
from tenants.models import Tenant
from tests.client import Client
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.django_db

FILE: Final = Path(wsdl.__file__).with_name("petstore.wsdl")
NAMES: Final = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"}
XS: Final = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl=", "wsdl&x=1"])
def test_it_is_the_file_but_for_the_address(api: Client, pool: Tenant, query: str) -> None:
    response = api.get(f"/soap?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml; charset=utf-8")
    written = FILE.read_bytes()
    assert written.count(b"http://localhost:8000/soap") == 1
    assert response.content == written.replace(b"http://localhost:8000/soap", b"http://testserver/soap")


def test_the_address_is_the_public_one(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.PUBLIC_URL = 'https://shop.example/a&b"c'
    root = etree.fromstring(api.get("/soap?wsdl").content)
    [address] = root.iterfind(".//s:address", NAMES)
    assert address.get("location") == 'https://shop.example/a&b"c/soap'


@pytest.mark.parametrize("query", ["Wsdl", "wsd", "xsd=1", "singleWsdl"])
def test_another_question_is_405(api: Client, pool: Tenant, query: str) -> None:
    assert_problem(api.get(f"/soap?{query}"), 405, "method-not-allowed")


def test_whoever_has_it_gets_it_no_second_time(api: Client, pool: Tenant) -> None:
    first = api.get("/soap?wsdl")
    tag = first["ETag"]
    for held in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = api.get("/soap?wsdl", HTTP_IF_NONE_MATCH=held)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert api.get("/soap?wsdl", HTTP_IF_NONE_MATCH='"other"').status_code == 200
    assert api.get("/soap?wsdl", HTTP_HOST="localhost")["ETag"] != tag
    packed = api.get("/soap?wsdl", HTTP_ACCEPT_ENCODING="gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert api.get("/soap?wsdl", HTTP_IF_NONE_MATCH=packed["ETag"]).status_code == 304


def test_head_says_what_get_would(client: Any, pool: Tenant) -> None:
    told, asked = client.get("/soap?wsdl"), client.head("/soap?wsdl")
    assert (asked.status_code, asked["ETag"], asked["Content-Length"]) == (200, told["ETag"], told["Content-Length"])


def test_it_is_open_to_all_but_with_a_bad_token(api: Client, acme: Tenant, alice: User) -> None:
    assert api.at(acme).get("/soap?wsdl").status_code == 200
    assert api.as_(alice).get("/soap?wsdl").status_code == 200
    assert_problem(api.get("/soap?wsdl", HTTP_AUTHORIZATION="Bearer nonsense"), 401, "unauthorized")


def test_what_it_offers_is_what_is_done() -> None:
    root = etree.fromstring(FILE.read_bytes())
    [port] = root.iterfind("w:portType", NAMES)
    assert [one.get("name") for one in port.iterfind("w:operation", NAMES)] == list(OPERATIONS)
    actions = [one.get("soapAction") for one in root.iterfind("w:binding/w:operation/s:operation", NAMES)]
    assert actions == [f"{NAMESPACE}/{name}" for name in OPERATIONS]
    assert {name: access_of(operation.use_case).scope for name, operation in OPERATIONS.items()} == {
        "GetPet": "read:pets",
        "ListPets": "read:pets",
        "CreateOrder": "write:orders",
        "GetOrder": "read:orders",
        "CancelOrder": "write:orders",
    }


def test_its_enums_are_ours() -> None:
    enums = {
        one.get("name"): [value.get("value") for value in one.iter(f"{XS}enumeration")]
        for one in load_wsdl_types().iterfind(f"{XS}simpleType")
    }
    assert enums["Species"] == Pet.Species.values
    assert enums["PetStatus"] == Pet.Status.values
    assert enums["PetSize"] == Pet.Size.values
    assert enums["PetGender"] == Pet.Gender.values
    assert enums["OrderStatus"] == list(Status)
