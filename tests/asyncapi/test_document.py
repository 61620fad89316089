"""GET /v1/asyncapi.json and its page (contract, AsyncAPI)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pytest_django import Settings

from petstore.interfaces.asyncapi.document import build_asyncapi_document
from petstore.interfaces.rest.openapi.document import get_openapi_document
from tenants.models import Tenant
from tests.asyncapi.documents import served_document
from tests.client import Client
from tests.rest.test_openapi import INSIDE, texts

JSON, YAML, PAGE = "/v1/asyncapi.json", "/v1/asyncapi.yaml", "/v1/docs/live"


def hosts_of(document: Any) -> set[tuple[str, str]]:
    return {(server["protocol"], server["host"]) for server in document["servers"].values()}


def test_json_and_yaml_are_the_same_document(api: Client) -> None:
    as_json, as_yaml = api.get(JSON), api.get(YAML)
    assert (as_json["Content-Type"], as_yaml["Content-Type"]) == ("application/json", "application/yaml")
    assert (
        json.loads(as_json.content) == yaml.safe_load(as_yaml.content) == build_asyncapi_document("http://testserver")
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "form"), [(JSON, "json"), (YAML, "yaml")])
def test_the_document_has_media_types_of_its_own(api: Client, path: str, form: str) -> None:
    asked = f"application/vnd.aai.asyncapi+{form}"
    assert api.get(path, HTTP_ACCEPT=asked)["Content-Type"] == asked
    assert api.get(path, HTTP_ACCEPT="image/png").status_code == 406


def test_the_document_is_not_sent_twice_to_those_who_have_it(api: Client) -> None:
    again = api.get(JSON, headers={"If-None-Match": api.get(JSON)["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", [JSON, PAGE])
def test_the_document_cannot_be_changed(api: Client, path: str) -> None:
    refused = api.post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize("path", [JSON, YAML, PAGE])
def test_the_document_is_open_to_strangers_of_a_members_only_tenant(api: Client, acme: Tenant, path: str) -> None:
    assert api.at(acme).get(path).status_code == 200


def test_the_servers_are_where_the_caller_has_found_the_document(api: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]
    served = api.get(JSON, headers={"host": "shop.example:8443"}, secure=True).json()
    assert {("https", "shop.example:8443"), ("wss", "shop.example:8443")} < hosts_of(served)


def test_the_servers_are_at_the_public_address_where_there_is_one(api: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://shop.example/store"
    servers = api.get(JSON).json()["servers"]
    assert (servers["ws"]["host"], servers["ws"]["protocol"]) == ("shop.example", "wss")
    assert servers["http"]["pathname"] == "/store"


def test_every_message_says_what_it_is_and_has_an_example() -> None:
    for message in served_document()["components"]["messages"].values():
        assert message["name"]
        assert message["summary"]
        assert message["examples"]


def test_no_text_speaks_of_our_papers_and_modules() -> None:
    assert [text for text in texts(served_document()) if INSIDE.search(text)] == []


def test_orders_are_the_same_in_both_documents() -> None:
    """But for what each is about: the money of answers has two decimals always, and no member is missing."""
    ours, rests = (d["components"]["schemas"]["Order"] for d in (served_document(), get_openapi_document()))
    assert list(ours["properties"]) == list(rests["properties"])
    assert {name: one for name, one in ours["properties"].items() if name != "totalAmount"} == {
        name: one for name, one in rests["properties"].items() if name != "totalAmount"
    }


def references(part: Any) -> Iterator[str]:
    """All references in a part of the document."""
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "$ref":
                yield inner
            yield from references(inner)


def test_every_component_is_used() -> None:
    components = served_document()["components"]
    made = {f"#/components/{kind}/{name}" for kind, part in components.items() for name in part}
    assert made == {one for one in references(served_document()) if one.startswith("#/components/")}


def test_the_page_shows_every_channel_and_message_and_takes_nothing_from_another_host(api: Client) -> None:
    page = api.get(PAGE, HTTP_ACCEPT="text/html")
    text = page.content.decode()
    assert page["Content-Type"] == "text/html; charset=utf-8"
    for name, channel in served_document()["channels"].items():
        assert f'id="{name}"' in text
        assert all(f'id="{name}-{key}"' in text for key in channel["messages"])
    assert not any(f'{attribute}="{scheme}' in text for attribute in ("src", "href") for scheme in ("http", "//"))
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert " style=" not in text
    assert "<script>" not in text


def test_the_reference_and_the_landing_page_lead_to_it(api: Client) -> None:
    reference, landing = api.get("/v1/docs").content.decode(), api.get("/").content.decode()
    assert all(f'href="{path}"' in reference for path in (PAGE, JSON))
    assert f'href="{PAGE}"' in landing
