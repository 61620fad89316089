"""The official client over HTTP and over stdio, against processes of our own (contract, MCP)."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from accounts.models import User
from events.queries import count_pending_events
from orders.models import Order
from pets.models import Pet
from petstore.server.listener import ROOT
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.factories import OrderFactory, PetFactory
from tests.mcp.test_tools import count_rows
from tests.rest.listening import meanwhile
from tests.rest.servers import Server, running
from tests.rest.tokens import access, suspend
from tests.webhooks.delivering import publish_all_events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

MODES = ("legacy", "auto", "2026-07-28")
PATIENCE = 120
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    with running() as one:
        yield one


def environment(token: str | None = None, tenant: Tenant | None = None) -> dict[str, str]:
    """What the command finds around it."""
    named = {"PETSTORE_API_KEY": token or "", "PETSTORE_TENANT_ID": str(tenant.id) if tenant else ""}
    return os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"} | named


@asynccontextmanager
async def over_http(
    server: Server, mode: str, token: str | None = None, tenant: Tenant | None = None
) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"X-Tenant-ID": str(tenant.id)} if tenant else {}
    async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as caller:
        transport = streamable_http_client(f"http://127.0.0.1:{server.port}/mcp", http_client=caller)
        async with Client(transport, mode=mode) as client:
            yield client


def over_stdio(mode: str, token: str | None = None, tenant: Tenant | None = None) -> Client:
    command = StdioServerParameters(
        command=sys.executable, args=["manage.py", "mcp"], env=environment(token, tenant), cwd=ROOT
    )
    return Client(command, mode=mode)


def talk(conversation: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def within_patience() -> None:
        async with asyncio.timeout(PATIENCE):
            await conversation()

    asyncio.run(within_patience())


async def adopt(client: Client, pet: Pet, user: User) -> None:
    """Walk the way of an assistant, from the lists to an order that is cancelled again."""
    assert [tool.name for tool in (await client.list_tools()).tools][:2] == ["search_pets", "get_pet"]
    assert len((await client.list_prompts()).prompts) == 2
    assert len((await client.list_resource_templates()).resource_templates) == 2
    found = await client.call_tool("search_pets", {"species": "DOG"})
    assert [one["id"] for one in (found.structured_content or {})["data"]] == [str(pet.id)]
    [listed] = (await client.list_resources()).resources
    [content] = (await client.read_resource(listed.uri)).contents
    assert json.loads(getattr(content, "text", ""))["id"] == str(pet.id)
    placed = (await client.call_tool("create_order", {"petId": str(pet.id), "idempotencyKey": "k"})).structured_content
    assert placed is not None
    assert placed["userId"] == str(user.id)
    refused = await client.call_tool("create_order", {"petId": str(pet.id)})
    assert refused.is_error
    assert json.loads(getattr(refused.content[0], "text", ""))["status"] == 409
    cancelled = await client.call_tool("cancel_order", {"orderId": placed["id"]})
    assert (cancelled.structured_content or {})["status"] == "CANCELLED"
    prompt = await client.get_prompt("check_order", {"orderId": placed["id"]})
    assert placed["id"] in getattr(prompt.messages[0].content, "text", "")
    with pytest.raises(MCPError) as unknown:
        await client.call_tool("pay_order", {})
    assert unknown.value.code == -32602


@pytest.mark.parametrize("mode", MODES)
def test_an_assistant_adopts_over_http(server: Server, acme: Tenant, alice: User, rex: Pet, mode: str) -> None:
    token = access(alice)

    async def conversation() -> None:
        async with over_http(server, mode, token, acme) as client:
            assert client.protocol_version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
            await adopt(client, rex, alice)

    talk(conversation)
    assert count_rows() == (1, ["AVAILABLE"])


@pytest.mark.parametrize("mode", MODES)
def test_an_assistant_adopts_over_stdio(acme: Tenant, alice: User, rex: Pet, mode: str) -> None:
    token = access(alice)

    async def conversation() -> None:
        async with over_stdio(mode, token, acme) as client:
            await adopt(client, rex, alice)

    talk(conversation)
    with all_tenants(reason="a test reads"):
        order = Order.objects.get()
    assert (order.user_id, order.status) == (alice.id, "CANCELLED")


def test_a_client_watches_an_order_over_http_and_stdio(server: Server, pool: Tenant) -> None:
    order: Order = OrderFactory.create()
    publish_all_events()
    assert count_pending_events() == 0
    uri = f"petstore://orders/{order.id}"

    async def hear(client: Client, other: Client) -> None:
        async with (
            client.listen(resource_subscriptions=[uri]) as first,
            other.listen(resource_subscriptions=[uri]) as second,
        ):
            await client.call_tool("cancel_order", {"orderId": str(order.id)})
            await meanwhile(publish_all_events)
            told = [[getattr(event, "uri", "") async for event in one] for one in (first, second)]
            assert told == [[uri], [uri]]

    async def conversation() -> None:
        async with over_http(server, "2026-07-28") as client, over_stdio("2026-07-28") as other:
            await hear(client, other)

    talk(conversation)


def test_any_process_answers_any_request(server: Server, pool: Tenant, stray: Pet) -> None:
    async def conversation() -> None:
        async with over_http(server, "legacy") as client:
            first = await client.call_tool("get_pet", {"petId": str(stray.id)})
            with running() as other:
                async with over_http(other, "legacy") as elsewhere:
                    assert not (await elsewhere.call_tool("get_pet", {"petId": str(stray.id)})).is_error
                answer = httpx2.post(
                    f"http://127.0.0.1:{other.port}/mcp",
                    json={"jsonrpc": "2.0", "id": 9, "method": "tools/list"},
                    headers={"Accept": "application/json", "Mcp-Session-Id": "of the process before"},
                )
                assert answer.status_code == 200
            assert not first.is_error

    talk(conversation)


def run_command(lines: list[str], **variables: str) -> "subprocess.CompletedProcess[str]":
    """The command with these lines as its whole input."""
    return subprocess.run(
        (sys.executable, "manage.py", "mcp"),
        cwd=ROOT,
        env=environment() | variables,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def call(number: int, tool: str, **arguments: object) -> str:
    params = {"name": tool, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


class TestCommand:
    """`manage.py mcp` as the program sees it that starts it."""

    def test_ends_with_the_input_and_answers_all_before(self, pool: Tenant, stray: Pet) -> None:
        asked = [
            json.dumps(INITIALIZE),
            json.dumps(READY),
            *(call(n, "get_pet", petId=str(stray.id)) for n in range(2, 7)),
        ]
        done = run_command(asked)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert sorted(answer["id"] for answer in answers) == [1, 2, 3, 4, 5, 6]
        assert all("result" in answer for answer in answers)

    def test_without_input_ends_well(self, pool: Tenant) -> None:
        done = run_command([])
        assert (done.returncode, done.stdout) == (0, "")

    def test_answers_lines_that_are_no_message_and_goes_on(self, pool: Tenant, stray: Pet) -> None:
        order = call(4, "create_order", petId=str(stray.id))
        twice = order[:-1] + ', "method": "tools/call"}'
        nul = order.replace(str(stray.id), "\\u0000")
        lines = [
            json.dumps(INITIALIZE),
            json.dumps(READY),
            "nonsense",
            f"[{order}]",
            twice,
            nul,
            "x" * 1_100_000,
            call(5, "search_pets"),
        ]
        done = run_command(lines)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        errors = [(answer["id"], answer["error"]["code"]) for answer in answers if "error" in answer]
        assert errors == [(None, -32700), (None, -32600), (4, -32600), (4, -32600), (None, -32600)]
        assert {answer["id"] for answer in answers if "result" in answer} == {1, 5}
        assert count_rows() == (0, ["AVAILABLE"])

    def test_writes_messages_on_stdout_and_everything_else_on_stderr(self, pool: Tenant) -> None:
        done = run_command([json.dumps(INITIALIZE), json.dumps(READY), call(2, "get_inventory")])
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
        assert json.loads(done.stdout.splitlines()[1])["result"]["isError"] is True

    @pytest.mark.parametrize(
        "variables",
        [
            {"PETSTORE_API_KEY": "nonsense"},
            {"PETSTORE_TENANT_ID": "acme"},
            {"PETSTORE_API_KEY": "eyJhbGciOiJub25lIn0.e30."},
        ],
    )
    def test_is_not_let_in_with_a_bad_key_or_tenant(self, pool: Tenant, variables: dict[str, str]) -> None:
        done = run_command([json.dumps(INITIALIZE)], **variables)
        assert (done.returncode, done.stdout) == (1, "")
        [sentence] = done.stderr.strip().splitlines()
        assert "PETSTORE_API_KEY or PETSTORE_TENANT_ID does not let you in" in sentence
        assert "nonsense" not in done.stderr

    def test_is_not_let_into_a_tenant_of_others(self, alice: User, globex: Tenant, acme: Tenant) -> None:
        for variables in (
            {"PETSTORE_TENANT_ID": str(acme.id)},
            {"PETSTORE_API_KEY": access(alice), "PETSTORE_TENANT_ID": str(globex.id)},
        ):
            assert run_command([], **variables).returncode == 1

    def test_looks_at_its_token_on_each_call(self, acme: Tenant, alice: User, rex: Pet) -> None:
        token = access(alice)

        async def conversation() -> None:
            async with over_stdio("legacy", token, acme) as client:
                assert not (await client.call_tool("get_inventory", {})).is_error
                await meanwhile(suspend, alice)
                refused = await client.call_tool("create_order", {"petId": str(rex.id)})
                assert json.loads(getattr(refused.content[0], "text", ""))["status"] == 401
                with pytest.raises(MCPError) as error:
                    await client.read_resource(f"petstore://pets/{rex.id}")
                assert error.value.data["status"] == 401

        talk(conversation)
        assert count_rows() == (0, ["AVAILABLE"])


def test_a_client_without_a_token_is_sent_to_log_in(server: Server, pool: Tenant) -> None:
    PetFactory.create()

    async def conversation() -> None:
        async with over_http(server, "legacy") as client:
            assert not (await client.call_tool("search_pets", {})).is_error
            with pytest.raises(MCPError):
                await client.call_tool("get_inventory", {})

    talk(conversation)
