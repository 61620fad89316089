"""The messages of `graphql-transport-ws`, each with what comes of it (contract, GraphQL)."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from accounts.models import User
from petstore import asgi
from petstore.interfaces.graphql import sockets
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.server.asgi_handler import ThreadedHandler
from petstore.server.web_sockets import open_sockets
from tenants.models import Tenant
from tests.graphql.sockets import SUBPROTOCOL, Socket
from tests.rest.listening import close_threads_of, meanwhile
from tests.rest.tokens import access, signed, suspend

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = "{ pets { name } }"


@pytest.fixture(autouse=True)
def _own_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application has request threads of its own, which end with the test."""
    handler = ThreadedHandler(build_refused_response)
    monkeypatch.setattr(asgi.application, "handler", handler)
    yield
    close_threads_of(handler)
    assert len(open_sockets) == 0


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(conversation)


@pytest.mark.parametrize("offered", [("graphql-ws",), ("graphql-transport-wss", "x")])
def test_another_subprotocol_is_closed_with_4406(offered: tuple[str, ...], pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket(*offered) as socket:
            assert (await socket.closed(), socket.subprotocol) == (4406, None)

    talk(conversation())


def test_ours_is_chosen_among_others(pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket("graphql-ws", SUBPROTOCOL) as socket:
            assert socket.subprotocol == SUBPROTOCOL
            await socket.greet()

    talk(conversation())


MALFORMED = {
    "no JSON": "connection_init",
    "an array": '["connection_init"]',
    "a text": '"connection_init"',
    "no type": '{"id": "1"}',
    "an unknown type": '{"type": "start"}',
    "a type of the server": '{"type": "connection_ack"}',
    "a type that is no text": '{"type": ["ping"]}',
    "a key twice": '{"type": "ping", "type": "pong"}',
    "a NUL": '{"type": "ping", "payload": {"a": "\\u0000"}}',
    "half a character": '{"type": "ping", "payload": {"a": "\\ud800"}}',
    "NaN": '{"type": "ping", "payload": {"a": NaN}}',
    "too deep": '{"type": "ping", "payload": ' + '{"a": ' * 40 + "1" + "}" * 41,
    "far too deep": "[" * 100_000,
    "a payload that is no object": '{"type": "ping", "payload": "x"}',
    "an init's payload that is no object": '{"type": "connection_init", "payload": []}',
    "a token that is no text": '{"type": "connection_init", "payload": {"authorization": 1}}',
    "a token twice": '{"type": "connection_init", "payload": {"authorization": "a", "Authorization": "b"}}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ me { id } }"}}',
    "an empty id": '{"type": "subscribe", "id": "", "payload": {"query": "{ me { id } }"}}',
    "an id that is no text": '{"type": "subscribe", "id": 1, "payload": {"query": "{ me { id } }"}}',
    "a huge id": json.dumps({"type": "complete", "id": "1" * 129}),
    "no payload": '{"type": "subscribe", "id": "1"}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {"variables": {}}}',
    "a query that is no text": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables that are no object": '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
    "an operation that is no text": '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}',
    "the end of no id": '{"type": "complete"}',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_malformed_closes_the_socket_with_4400(text: str, pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            if "connection_init" not in text:
                await socket.greet()
            socket.send_text(text)
            assert await socket.closed() == 4400

    talk(conversation())


def test_bytes_close_the_socket_with_1003(pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            socket.send_bytes(b'{"type": "connection_init"}')
            assert await socket.closed() == 1003

    talk(conversation())


def test_an_introduction_comes_in_time_and_once(monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    async def twice() -> None:
        async with Socket() as socket:
            await socket.greet()
            socket.send("connection_init")
            assert await socket.closed() == 4429

    async def twice_at_once() -> None:
        async with Socket() as socket:
            socket.send("connection_init")
            socket.send("connection_init")
            assert await socket.closed() == 4429

    async def late() -> None:
        monkeypatch.setattr(sockets, "INIT_SECONDS", 0.1)
        async with Socket() as socket:
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}
            assert await socket.closed() == 4408

    talk(twice())
    talk(twice_at_once())
    talk(late())


def test_nothing_is_asked_before_the_acknowledgement(pool: Tenant) -> None:
    async def unintroduced() -> None:
        async with Socket() as socket:
            socket.subscribe("1", NAMES)
            assert await socket.closed() == 4401

    async def unacknowledged() -> None:
        async with Socket() as socket:
            socket.send("connection_init")
            socket.subscribe("1", NAMES)
            assert await socket.closed() == 4401

    talk(unintroduced())
    talk(unacknowledged())


def test_signs_of_life_go_both_ways_at_any_time(pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            socket.send("pong")
            socket.send("ping", payload={"at": 1})
            assert await socket.next() == {"type": "pong", "payload": {"at": 1}}
            await socket.greet()
            socket.send("pong", payload={})
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}

    talk(conversation())


def test_who_calls_may_be_said_in_the_handshake_or_in_the_introduction(alice: User, charlie: User) -> None:
    token = f"Bearer {access(alice)}"
    tenant = str(alice.tenant_id)
    asked = "{ me { username tenantId } }"

    async def conversation(headers: dict[str, str], payload: dict[str, Any]) -> None:
        async with Socket(**headers) as socket:
            await socket.greet(payload=payload)
            socket.subscribe("1", asked)
            result, end = await socket.results("1", 2)
            me = {"username": "alice", "tenantId": tenant}
            assert result == {"id": "1", "type": "next", "payload": {"data": {"me": me}}}
            assert end == {"id": "1", "type": "complete"}

    parameters = {"authorization": token, "x-tenant-id": tenant}
    talk(conversation({"authorization": token, "x_tenant_id": tenant}, {}))
    talk(conversation({}, parameters))
    talk(conversation({"authorization": token}, {"Authorization": token, "X-Tenant-ID": tenant, "theme": None}))

    async def contradiction(name: str) -> None:
        headers = {"authorization": token, "x_tenant_id": tenant}
        others = {"authorization": f"Bearer {tenant}", "x-tenant-id": str(charlie.tenant_id)}
        async with Socket(**headers) as socket:
            socket.send("connection_init", payload={name: others[name]})
            assert await socket.closed() == 4400

    talk(contradiction("authorization"))
    talk(contradiction("x-tenant-id"))


def test_who_is_not_let_in_is_closed_with_4403(alice: User, bob: User, charlie: User, acme: Tenant) -> None:
    token = access(alice)
    suspended = access(bob)
    suspend(bob)
    acmes, globexs = str(alice.tenant_id), str(charlie.tenant_id)
    strangers = {
        "another scheme": {"authorization": f"Basic {token}", "x-tenant-id": acmes},
        "no token": {"authorization": "Bearer x", "x-tenant-id": acmes},
        "an old token": {"authorization": f"Bearer {signed(token, exp=1)}", "x-tenant-id": acmes},
        "a token of another tenant": {"authorization": f"Bearer {token}", "x-tenant-id": globexs},
        "a suspended user": {"authorization": f"Bearer {suspended}", "x-tenant-id": acmes},
        "no tenant": {"x-tenant-id": "acme"},
    }

    async def conversation(stranger: dict[str, str]) -> int:
        async with Socket() as socket:
            socket.send("connection_init", payload=stranger)
            code = await socket.closed()
            assert socket.messages == []
            return code

    codes = {name: asyncio.run(conversation(stranger)) for name, stranger in strangers.items()}
    assert codes == dict.fromkeys(strangers, 4403)


def test_a_handshake_s_head_is_a_request_s(pool: Tenant) -> None:
    async def conversation(socket: Socket) -> int:
        async with socket:
            assert socket.messages == []
        return socket.status

    twice = Socket(x_tenant_id="019b4139-1234-7abc-8def-123456789abc").add_header(b"x-tenant-id", b"")
    assert asyncio.run(conversation(twice)) == 400
    assert asyncio.run(conversation(Socket(host="else.where"))) == 400
    assert asyncio.run(conversation(Socket(content_length="5"))) == 400
    assert asyncio.run(conversation(Socket(authorization="Bearer a").add_header(b"authorization", b"Bearer b"))) == 400


def test_a_path_that_nobody_serves_is_closed_with_4404(pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket(path="/v1/graphql/") as socket:
            assert (await socket.closed(), socket.subprotocol) == (4404, None)

    talk(conversation())


def test_refusals_before_execution_are_error_messages(pool: Tenant) -> None:
    wrong: dict[str, tuple[str, dict[str, Any], str]] = {
        "syntax": ("{ pets {", {}, "GRAPHQL_PARSE_FAILED"),
        "validation": ("{ cats { name } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        "variables": ("query ($n: Int!) { pets(limit: $n) { name } }", {}, "BAD_USER_INPUT"),
    }

    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet()
            for name, (query, variables, code) in wrong.items():
                socket.subscribe(name, query, **variables)
                (refusal,) = await socket.results(name, 1)
                assert refusal["type"] == "error"
                assert [one["extensions"]["code"] for one in refusal["payload"]] == [code]
            socket.subscribe("syntax", NAMES)
            assert [one["type"] for one in await socket.results("syntax", 2)] == ["next", "complete"]

    talk(conversation())


def test_refusals_of_fields_are_errors_of_a_result(alice: User) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", '{ inventory { total } pet(id: "1") { id } }')
            result, end = await socket.results("1", 2)
            assert (result["type"], end["type"]) == ("next", "complete")
            assert result["payload"]["data"]["pet"] is None
            assert [one["extensions"]["code"] for one in result["payload"]["errors"]] == ["NOT_FOUND"]

    talk(conversation())


def test_mutations_work_here_too(sam: User) -> None:
    made = 'mutation { createPet(input: {name: "Tiny", species: DOG, ageMonths: 3, price: "9.00"}) { pet { name } } }'

    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet(sam)
            socket.subscribe("make", made)
            result, _ = await socket.results("make", 2)
            assert result["payload"] == {"data": {"createPet": {"pet": {"name": "Tiny"}}}}
            socket.subscribe("list", NAMES)
            assert (await socket.results("list", 2))[0]["payload"] == {"data": {"pets": [{"name": "Tiny"}]}}

    talk(conversation())


def test_each_operation_lets_its_caller_in_anew(alice: User) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("before", "{ me { username } }")
            assert (await socket.results("before", 2))[0]["payload"] == {"data": {"me": {"username": "alice"}}}
            await meanwhile(suspend, alice)
            socket.subscribe("after", "{ me { username } }")
            (refusal,) = await socket.results("after", 1)
            assert refusal["type"] == "error"
            assert [one["extensions"]["code"] for one in refusal["payload"]] == ["UNAUTHORIZED"]

    talk(conversation())


def test_an_id_is_of_one_open_operation(monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    monkeypatch.setattr(sockets, "MAX_RUNNING", 0)  # nothing begins, so all of them stay open

    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet()
            socket.subscribe("1", NAMES)
            socket.subscribe("1", NAMES)
            assert await socket.closed() == 4409

    async def freed() -> None:
        async with Socket() as socket:
            await socket.greet()
            for _ in range(3):
                socket.subscribe("1", NAMES)
                socket.send("complete", "1")
            socket.send("complete", "of nothing")
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}

    talk(conversation())
    talk(freed())


def test_a_socket_has_no_more_operations_than_it_may(monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    monkeypatch.setattr(sockets, "MAX_RUNNING", 0)
    monkeypatch.setattr(sockets, "MAX_OPERATIONS", 2)

    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet()
            for name in ("1", "2", "3"):
                socket.subscribe(name, NAMES)
            (refusal,) = await socket.results("3", 1)
            assert (refusal["type"], refusal["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMIT_EXCEEDED")
            socket.send("complete", "1")
            socket.subscribe("4", NAMES)
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}

    talk(conversation())


def test_a_network_has_no_more_sockets_than_it_may(monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    monkeypatch.setattr(open_sockets, "per_network", 1)

    async def conversation() -> None:
        async with Socket() as first:
            await first.greet()
            async with Socket() as second:
                assert await second.closed() == 1013
            first.send("ping")
            assert await first.next() == {"type": "pong"}
        async with Socket() as third:
            await third.greet()

    talk(conversation())


def test_the_server_s_stop_sends_clients_elsewhere(monkeypatch: pytest.MonkeyPatch, pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            await socket.greet()
            open_sockets.close_all_sockets(1012)
            assert await socket.closed() == 1012
        async with Socket() as late:
            assert await late.closed() == 1012

    monkeypatch.setattr(open_sockets, "_end_code", None)
    talk(conversation())
