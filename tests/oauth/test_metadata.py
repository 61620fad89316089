"""The documents by which clients find everything else (RFC 8414, RFC 9728)."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import Settings

from kernel.access import TokenScope

ADDRESSES = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)
DOCUMENTS: dict[str, Any] = json.loads((Path(__file__).parent / "metadata.json").read_text())
"""As the contract has them, word for word."""


def expected(address: str, site: str) -> Any:
    return json.loads(json.dumps(DOCUMENTS[address]).replace("{PUBLIC_URL}", site))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_document_is_the_contract_s_at_the_public_address(settings: Settings, address: str) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    response = Client(SERVER_NAME="testserver").get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == expected(address, "https://shop.example")


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_public_address_it_is_the_one_that_was_asked(settings: Settings, address: str) -> None:
    settings.PUBLIC_URL = ""
    response = Client(SERVER_NAME="testserver").get(address)
    assert response.json() == expected(address, "http://testserver")
    assert response["Cache-Control"] == "public, max-age=3600"
    assert not response.cookies


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_is_answered_and_other_methods_are_405(address: str) -> None:
    client = Client(SERVER_NAME="testserver")
    assert client.head(address).status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        answer = client.generic(method, address)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_host_that_is_not_ours_is_told_nothing(address: str) -> None:
    answer = Client().get(address, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


def test_the_endpoints_of_the_document_are_there(settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    document = Client(SERVER_NAME="testserver").get(ADDRESSES[0]).json()
    missing = []
    for name, url in document.items():
        if name.endswith("_endpoint"):
            try:
                resolve(url.removeprefix("http://testserver"))
            except Resolver404:
                missing.append(name)
    assert missing == []


def test_all_scopes_are_told() -> None:
    document = Client(SERVER_NAME="testserver").get(ADDRESSES[1]).json()
    assert document["scopes_supported"] == [scope.value for scope in TokenScope]


def test_other_addresses_beside_them_are_not_found() -> None:
    for address in ("/.well-known/openid-configuration", "/.well-known/oauth-protected-resource/v1"):
        assert Client(SERVER_NAME="testserver").get(address).status_code == 404
