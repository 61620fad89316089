"""GraphQL over web sockets of the running server: frames, floods, a library, and a server that is killed."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import gql
import httpx
import pytest
from django.db import connections
from gql.transport.websockets import WebsocketsTransport
from pytest_django import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from accounts.models import User
from orders.models import Order
from orders.states import Command
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.graphql.sockets import SUBPROTOCOL
from tests.graphql.watching import STEPS, move, seal, tell_steps
from tests.rest.listening import Heard, meanwhile, parsed
from tests.rest.servers import Server, running
from tests.rest.tokens import access
from tests.web_process import mortal_web_process
from tests.webhooks.delivering import publish_all_events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_store]

PATIENCE = 120
MEGABYTE = 1024 * 1024
SCHEMA = (
    "{ __schema { types { name description fields { name description args { name description type { name } } } } } }"
)


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def _sealed() -> Iterator[None]:
    """A worker seals what happens."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            publish_all_events()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join(PATIENCE)


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    seal()
    return placed


@contextmanager
def dialled(port: int, path: str = "/v1/graphql", *subprotocols: str) -> Iterator[ClientConnection]:
    """A socket that was accepted."""
    offered = [Subprotocol(name) for name in subprotocols or (SUBPROTOCOL,)]
    with connect(f"ws://127.0.0.1:{port}{path}", subprotocols=offered, open_timeout=PATIENCE) as link:
        yield link


@contextmanager
def greeted(port: int, user: User | None = None) -> Iterator[ClientConnection]:
    """A socket that was acknowledged."""
    payload = {"authorization": f"Bearer {access(user)}", "x-tenant-id": str(user.tenant_id)} if user else {}
    with dialled(port) as link:
        link.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(link.recv(PATIENCE)) == {"type": "connection_ack"}
        yield link


def subscribe(link: ClientConnection, operation: str, query: str, **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    link.send(json.dumps({"type": "subscribe", "id": operation, "payload": payload}))


def steps(link: ClientConnection, number: int) -> list[tuple[str, str]]:
    """The next steps that are told."""
    events = [json.loads(link.recv(PATIENCE))["payload"]["data"]["orderStatusChanged"] for _ in range(number)]
    return [(event["eventId"], event["newStatus"]) for event in events]


def close_code(link: ClientConnection) -> int:
    """The code that the server closes with."""
    try:
        while True:
            link.recv(PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


def test_a_socket_that_breaks_the_rules_is_closed_with_the_code_of_the_rule(server: Server, pool: Tenant) -> None:
    def send_text(text: str) -> int:
        with greeted(server.port) as link:
            link.send(text)
            return close_code(link)

    def send_bytes(data: bytes, *, text: bool | None = None) -> int:
        with greeted(server.port) as link:
            link.send(data, text=text)
            return close_code(link)

    def send_raw(frame: bytes) -> int:
        with greeted(server.port) as link:
            link.socket.sendall(frame)
            return close_code(link)

    assert send_text("no JSON") == 4400
    assert send_bytes(b"{}") == 1003
    assert send_bytes(b"\xff", text=True) == 1007
    assert send_text(json.dumps({"type": "ping", "payload": {"a": "x" * MEGABYTE}})) == 1009
    assert send_raw(b"\x81\xff" + (2**60).to_bytes(8) + b"mask") == 1009
    assert send_raw(b"\x81\x01a") == 1002


def test_a_path_that_nobody_serves_is_accepted_and_closed(server: Server, pool: Tenant) -> None:
    for path in ("/", "/v1/graphql/", "/v1/pets"):
        with dialled(server.port, path) as link:
            assert close_code(link) == 4404


def test_another_subprotocol_is_accepted_and_closed(server: Server, pool: Tenant) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/v1/graphql") as link:
        assert close_code(link) == 4406


def test_the_largest_message_that_is_taken_is_taken(server: Server, pool: Tenant) -> None:
    with greeted(server.port) as link:
        frame = json.dumps({"type": "ping", "payload": {"a": ""}})
        link.send(frame.replace('""', f'"{"x" * (MEGABYTE - len(frame))}"'))
        assert len(link.recv(PATIENCE)) > MEGABYTE - 100


def test_floods_and_silent_sockets_hold_up_nobody(server: Server, pool: Tenant) -> None:
    with ExitStack() as opened:
        silent = [opened.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(20)]
        for half_open in silent[:10]:
            half_open.sendall(b"GET /v1/graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n")
        unspoken = [opened.enter_context(dialled(server.port)) for _ in range(20)]
        floods = [opened.enter_context(greeted(server.port)) for _ in range(5)]
        tiny = b"\x89\x80mask" * 20_000  # pings without content
        with ThreadPoolExecutor(len(floods)) as threads:
            for flood in floods:
                threads.submit(_send_unread, flood.socket, tiny)
            slowest = 0.0
            for _ in range(10):
                began = time.monotonic()
                assert httpx.get(f"http://127.0.0.1:{server.port}/v1/pets", timeout=PATIENCE).status_code == 200
                with greeted(server.port) as link:
                    subscribe(link, "1", "{ __typename }")
                    assert json.loads(link.recv(PATIENCE))["type"] == "next"
                slowest = max(slowest, time.monotonic() - began)
            for flood in floods:
                flood.socket.shutdown(socket.SHUT_RDWR)
        assert slowest < 5
        assert all(link.protocol.close_rcvd is None for link in unspoken)


def _send_unread(link: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # it was cut off
        link.sendall(data)


def test_who_never_reads_is_cut_off(server: Server, pool: Tenant) -> None:
    with greeted(server.port) as link:
        link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ends_at = time.monotonic() + PATIENCE
        with pytest.raises(OSError, match=r"reset|pipe|descriptor"):  # noqa: PT012  # the socket may end with any of these
            for number in range(10_000):
                link.socket.sendall(_mask_text({"type": "subscribe", "id": str(number), "payload": {"query": SCHEMA}}))
                time.sleep(0.02)
                assert time.monotonic() < ends_at


def _mask_text(message: dict[str, Any]) -> bytes:
    """A frame, past the library, which would read what comes."""
    text = json.dumps(message).encode()
    return b"\x81\xfe" + len(text).to_bytes(2) + b"\0\0\0\0" + text


def test_a_transition_is_told_once_on_every_transport_with_one_id(server: Server, order: Order, alice: User) -> None:
    headers = {"Authorization": f"Bearer {access(alice)}", "X-Tenant-ID": str(alice.tenant_id)}
    site = f"http://127.0.0.1:{server.port}/v1"
    with ExitStack() as opened:
        client = opened.enter_context(httpx.Client(base_url=site, headers=headers, timeout=PATIENCE))
        link = opened.enter_context(greeted(server.port, alice))
        subscribe(link, "1", STEPS, order=str(order.id))
        told = steps(link, 1)
        asked = {"query": STEPS, "variables": {"order": str(order.id)}}
        accept = {"Accept": "text/event-stream"}
        by_events = opened.enter_context(
            client.stream("POST", "/graphql", json=asked, headers=accept, timeout=PATIENCE)
        )
        by_rest = opened.enter_context(client.stream("GET", f"/orders/{order.id}/events", timeout=PATIENCE))
        move(order, Command.APPROVE, Command.CANCEL)
        told += steps(link, 2)
        assert json.loads(link.recv(PATIENCE)) == {"id": "1", "type": "complete"}
        results = [json.loads(line[6:]) for line in by_events.iter_lines() if line.startswith("data: ")]
        heard: list[Heard] = parsed(b"".join(by_rest.iter_raw()))
    assert told == tell_steps(order)
    assert [(one.id, one.data["newStatus"]) for one in heard] == told
    events = [result["data"]["orderStatusChanged"] for result in results]
    assert [(event["eventId"], event["newStatus"]) for event in events] == told


def test_who_comes_again_after_the_server_was_killed_misses_nothing(server: Server, order: Order, alice: User) -> None:
    with mortal_web_process() as (port, process), greeted(port, alice) as link:
        subscribe(link, "1", STEPS, order=str(order.id))
        told = steps(link, 1)
        process.kill()
        assert close_code(link) == 0
    move(order, Command.APPROVE, Command.CANCEL)
    with greeted(server.port, alice) as link:
        subscribe(link, "1", STEPS, order=str(order.id), after=told[-1][0])
        told += steps(link, 2)
        assert json.loads(link.recv(PATIENCE))["type"] == "complete"
    assert told == tell_steps(order)


def test_a_server_that_stops_says_come_again(order: Order, alice: User) -> None:
    with mortal_web_process() as (port, process), greeted(port, alice) as link:
        subscribe(link, "1", STEPS, order=str(order.id))
        steps(link, 1)
        process.terminate()
        assert close_code(link) in (1001, 1012)
        assert process.wait(PATIENCE) == 0


def test_gql_watches_an_order_and_asks_beside_it(server: Server, order: Order, alice: User) -> None:
    payload = {"authorization": f"Bearer {access(alice)}", "x-tenant-id": str(alice.tenant_id)}

    async def watch() -> None:
        told = []
        transport = WebsocketsTransport(
            url=f"ws://127.0.0.1:{server.port}/v1/graphql",
            init_payload=payload,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
        )
        async with gql.Client(transport=transport, fetch_schema_from_transport=True) as session:
            query = gql.gql(STEPS)
            query.variable_values = {"order": str(order.id)}
            async for result in session.subscribe(query):
                told.append((result["orderStatusChanged"]["eventId"], result["orderStatusChanged"]["newStatus"]))
                if len(told) == 1:
                    assert (await session.execute(gql.gql("{ me { username } }")))["me"] == {"username": "alice"}
                    await meanwhile(move, order, Command.CANCEL)
        assert told == await meanwhile(tell_steps, order)

    asyncio.run(watch())
