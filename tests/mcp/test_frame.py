"""What stands around every message at /mcp, whatever it asks for (contract, MCP)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from pets.models import Pet
from petstore.server.listener import ROOT
from ratelimit.services import forget_local_leases
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.mcp.assistants import HANDSHAKE, PER_REQUEST, VERSIONS, Assistant
from tests.mcp.test_tools import count_rows
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.django_db

EPOCH = 10**9
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def ordering(pet: Pet, key: str = "k") -> dict[str, Any]:
    """A message that orders the pet."""
    arguments = {"petId": str(pet.id), "idempotencyKey": key}
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "create_order", "arguments": arguments},
    }


@pytest.mark.parametrize("method", ["get", "delete", "put", "patch", "head"])
def test_only_post_is_taken(api: Client, pool: Tenant, method: str) -> None:
    response = getattr(api, method)("/mcp", HTTP_ACCEPT="text/event-stream")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"


def test_options_say_what_is_taken(api: Client, pool: Tenant) -> None:
    response = api.options("/mcp")
    assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")


@pytest.mark.parametrize("version", HANDSHAKE)
def test_the_handshake_agrees_on_the_version_and_gives_no_session(pool: Tenant, version: str) -> None:
    asked = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}}
    response = Assistant().ask("initialize", asked, HTTP_MCP_PROTOCOL_VERSION=None)
    result = response.json()["result"]
    assert result["protocolVersion"] == version
    assert (result["serverInfo"]["name"], result["serverInfo"]["title"]) == ("petstore", "Pet Store")
    assert result["capabilities"].keys() == {"tools", "resources", "prompts"}
    assert "Mcp-Session-Id" not in response


def test_a_version_that_nobody_has_becomes_the_newest_with_a_handshake(pool: Tenant) -> None:
    asked = {"protocolVersion": "1999-12-31", "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}}
    response = Assistant().ask("initialize", asked, HTTP_MCP_PROTOCOL_VERSION=None)
    assert response.json()["result"]["protocolVersion"] == "2025-11-25"


def test_the_version_per_request_can_be_discovered(pool: Tenant) -> None:
    told = Assistant(PER_REQUEST).result("server/discover")
    assert PER_REQUEST in told["supportedVersions"]
    assert told["capabilities"]["resources"]["subscribe"] is True


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_that_comes_is_ignored(pool: Tenant, stray: Pet, version: str) -> None:
    params = {"name": "get_pet", "arguments": {"petId": str(stray.id)}}
    response = Assistant(version).ask("tools/call", params, HTTP_MCP_SESSION_ID="of another server")
    assert response.json()["result"]["isError"] is False
    assert "Mcp-Session-Id" not in response


@pytest.mark.parametrize("version", VERSIONS)
def test_a_notification_is_taken_and_not_answered(pool: Tenant, version: str) -> None:
    response = Assistant(version).post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize("version", ["1999-12-31", "2026-07-29", "latest"])
def test_an_unknown_version_is_400(pool: Tenant, stray: Pet, version: str) -> None:
    response = Assistant().post(ordering(stray), HTTP_MCP_PROTOCOL_VERSION=version)
    assert response.status_code == 400
    assert response.json()["error"]["code"] in (-32602, -32022, -32020)
    assert count_rows() == (0, ["AVAILABLE"])


def test_headers_that_say_another_thing_than_the_message_are_refused(pool: Tenant, stray: Pet) -> None:
    params = {"name": "create_order", "arguments": {"petId": str(stray.id)}}
    response = Assistant(PER_REQUEST).ask("tools/call", params, HTTP_MCP_NAME="search_pets")
    assert response.status_code == 400
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("accept", ["text/html", "text/event-stream", None])
def test_an_accept_without_json_is_406(pool: Tenant, stray: Pet, version: str, accept: str | None) -> None:
    assert Assistant(version).post(ordering(stray), HTTP_ACCEPT=accept).status_code == 406
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/event-stream"])
def test_one_request_is_answered_in_json(pool: Tenant, version: str, accept: str) -> None:
    response = Assistant(version).ask("tools/list", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [[], [LIST], [LIST, LIST], "text", 7, True, {}, {"id": 1}, {"jsonrpc": "1.0"}])
def test_what_is_no_single_message_is_400(pool: Tenant, version: str, body: Any) -> None:
    response = Assistant(version).post(body if not isinstance(body, str) else json.dumps(body))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32600
    assert response.json()["id"] is None


def test_a_batch_orders_nothing_and_repeats_nothing(pool: Tenant, stray: Pet) -> None:
    response = Assistant().post([ordering(stray, "4242424242424242"), ordering(stray)])
    assert response.status_code == 400
    assert b"4242" not in response.content
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"jsonrpc": "2.0",}', b"\xef\xbb\xbf{}"])
def test_what_is_no_json_is_a_parse_error(pool: Tenant, version: str, body: bytes) -> None:
    response = Assistant(version).post(body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32700


def test_json_in_another_encoding_is_no_json(pool: Tenant, stray: Pet) -> None:
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        assert Assistant().post(json.dumps(ordering(stray)).encode(encoding)).status_code == 400
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "odd",
    [
        '"a": 1, "a": 2',
        '"a": "\\u0000"',
        '"a": "\\ud800"',
        '"a": NaN',
        '"a": 1e999',
        '"a": 99999999999999999999',
        '"a": ' + "[" * 40 + "]" * 40,
        '"a": "\udcff"',
    ],
)
def test_json_that_others_may_read_otherwise_is_a_bad_request(pool: Tenant, stray: Pet, version: str, odd: str) -> None:
    text = json.dumps(ordering(stray))
    body = text[:-1].encode() + b", " + odd.encode("utf-8", "surrogateescape") + b"}"
    assert_problem(Assistant(version).post(body), 400, "bad-request")
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1"]
)
def test_another_media_type_is_415(pool: Tenant, stray: Pet, kind: str) -> None:
    assert_problem(Assistant().post(ordering(stray), CONTENT_TYPE=kind), 415, "unsupported-media-type")
    assert count_rows() == (0, ["AVAILABLE"])


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_spelled_otherwise(pool: Tenant, kind: str) -> None:
    assert Assistant().post(LIST, CONTENT_TYPE=kind).status_code == 200


def test_a_message_may_have_a_mebibyte(pool: Tenant) -> None:
    def padded(size: int) -> bytes:
        empty = json.dumps(LIST | {"x": ""}).encode()
        return json.dumps(LIST | {"x": "y" * (size - len(empty))}).encode()

    assert Assistant().post(padded(1024 * 1024)).status_code == 200
    assert_problem(Assistant().post(padded(1024 * 1024 + 1)), 413, "payload-too-large")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://testserver.evil.example", "http://testserver:81", "null", ""]
)
def test_another_origin_is_403(pool: Tenant, stray: Pet, origin: str) -> None:
    assert_problem(Assistant().post(ordering(stray), HTTP_ORIGIN=origin), 403, "forbidden")
    assert count_rows() == (0, ["AVAILABLE"])


def test_our_own_origin_is_taken(pool: Tenant, settings: Settings) -> None:
    assert Assistant().post(LIST, HTTP_ORIGIN="http://testserver").status_code == 200
    settings.PUBLIC_URL = "https://shop.example"
    assert Assistant().post(LIST, HTTP_ORIGIN="https://shop.example").status_code == 200


def test_a_host_that_is_none_of_ours_is_400(pool: Tenant, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert_problem(Assistant().post(LIST, HTTP_HOST="evil.example"), 400, "bad-request")


def test_unknown_methods_are_errors_of_the_protocol(pool: Tenant) -> None:
    for version in VERSIONS:
        assert Assistant(version).error("orders/pay")["code"] == -32601
    for method in ("completion/complete", "logging/setLevel", "resources/subscribe"):
        assert Assistant().error(method, {"uri": "petstore://orders/1", "level": "debug"})["code"] in (-32601, -32602)


def test_a_path_below_is_a_problem_too(api: Client, pool: Tenant) -> None:
    assert_problem(api.post("/mcp/sse"), 404, "not-found")


def test_a_cookie_lets_nobody_in_and_none_is_set(client: Any, root: User, pool: Tenant) -> None:
    client.force_login(root)
    params = {"name": "get_inventory", "arguments": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    response = client.post("/mcp", json.dumps(body), "application/json", HTTP_ACCEPT="application/json")
    assert response.status_code == 401
    assert not response.cookies


class TestRateLimit:
    """A POST takes one from the very same bucket as a request of REST's."""

    @pytest.fixture(autouse=True)
    def _three(self, settings: Settings) -> Iterator[None]:
        settings.RATE_LIMIT = (3, EPOCH)
        forget_local_leases()
        yield
        forget_local_leases()

    def test_of_an_address_is_one_for_both(self, api: Client, pool: Tenant) -> None:
        assert api.get("/v1/pets")["RateLimit-Remaining"] == "2"
        answer = Assistant().ask("tools/list")
        assert answer["RateLimit-Remaining"] == "1"
        assert answer["RateLimit-Policy"] == f'"address";q=3;w={EPOCH}'
        assert api.get("/v1/pets")["RateLimit-Remaining"] == "0"
        refused = Assistant().ask("tools/list")
        assert_problem(refused, 429, "rate-limit-exceeded")
        assert int(refused["Retry-After"]) > 0

    def test_counts_refusals_and_what_is_no_message(self, pool: Tenant) -> None:
        assert Assistant().post(b"nonsense")["RateLimit-Remaining"] == "2"
        assert Assistant().post([])["RateLimit-Remaining"] == "1"
        assert Assistant().ask("tools/call", {"name": "get_inventory"})["RateLimit-Remaining"] == "0"
        assert_problem(Assistant().post(b"nonsense"), 429, "rate-limit-exceeded")

    def test_past_it_nothing_is_ordered(self, pool: Tenant, stray: Pet) -> None:
        for _ in range(3):
            Assistant().ask("tools/list")
        assert_problem(Assistant().post(ordering(stray)), 429, "rate-limit-exceeded")
        assert count_rows() == (0, ["AVAILABLE"])


def test_the_library_is_loaded_by_the_first_message_and_not_before() -> None:
    """So that a store without assistants starts as fast as it did, and needs no more memory."""
    program = "import petstore.asgi, petstore.urls, sys; print(int('mcp' in sys.modules))"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"}
    command = (sys.executable, "-c", program)
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert found.stdout.strip() == "0"


@pytest.mark.parametrize("odd", [None, 1.5, True, {}, [1]])
def test_a_request_with_an_odd_id_is_refused_and_not_taken_for_a_notification(
    pool: Tenant, stray: Pet, odd: object
) -> None:
    call = {"name": "create_order", "arguments": {"petId": str(stray.id)}}
    response = Assistant().post({"jsonrpc": "2.0", "id": odd, "method": "tools/call", "params": call})
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32600)
    with tenant_scope(pool.id):
        assert Pet.objects.get(pk=stray.pk).status == Pet.Status.AVAILABLE


def test_null_is_no_message_and_says_nothing_of_classes(pool: Tenant) -> None:
    response = Assistant().post("null")
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32600)
    assert "pydantic" not in response.content.decode()


def test_no_version_is_promised_news_of_lists_that_never_change(pool: Tenant) -> None:
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}}
    for told in (Assistant().result("initialize", client), Assistant("2026-07-28").result("server/discover")):
        assert {name: told["capabilities"][name]["listChanged"] for name in ("tools", "prompts", "resources")} == (
            dict.fromkeys(("tools", "prompts", "resources"), False)
        )
