"""Responses that are still being made when the view returns, from a real server and from a generic ASGI one."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.server.asgi_handler import ThreadedHandler
from tests.client import Client
from tests.rest.servers import running
from tests.server import awaited_urls
from tests.server.server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = "tests.server.awaited_settings"
ORIGIN = "http://localhost:5173"
MORE_THAN_THREADS = 20


@pytest.fixture(scope="module")
def store(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[httpx.Client]:
    """A client of a server with these views."""
    with (
        running(DJANGO_SETTINGS_MODULE=SETTINGS, CORS_ALLOWED_ORIGINS=ORIGIN) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as client,
    ):
        yield client


def _count_open(store: httpx.Client) -> int:
    return int(store.get("/v1/open").text)


def _requests_counted(store: httpx.Client, route: str, status: int) -> int:
    pattern = rf'seconds_count\{{method="GET",protocol="\w+",route="/v1/awaited/{route}",status="{status}"\}} (\d+)'
    found = re.search(pattern, store.get("/metrics").text)
    return int(found[1]) if found else 0


def test_the_final_response_has_its_own_status_and_the_headers_of_the_middleware(store: httpx.Client) -> None:
    answer = store.get("/v1/awaited/whole", headers={"X-Request-ID": "mine-7", "Origin": ORIGIN})
    assert (answer.status_code, answer.text) == (201, "whole")
    assert answer.headers.get_list("content-length") == ["5"]
    assert answer.headers["x-request-id"] == "mine-7"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert (answer.headers["ratelimit-limit"], answer.headers["x-of-its-own"]) == ("1000", "kept")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert {"accept", "x-tenant-id", "origin"} <= set(answer.headers["vary"].lower().split(", "))
    assert answer.cookies["flavour"] == "plain"


def test_a_page_that_is_an_error_becomes_a_problem_as_any_other(store: httpx.Client) -> None:
    answer = store.get("/v1/awaited/refused")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["x-request-id"] == answer.json()["requestId"]


def test_a_defect_is_a_problem_with_the_request_id_and_nothing_of_the_inside(store: httpx.Client) -> None:
    answer = store.get("/v1/awaited/fails", headers={"X-Request-ID": "mine-8"})
    assert (answer.status_code, answer.json()["requestId"]) == (500, "mine-8")
    assert "inside" not in answer.text


def test_each_is_counted_once_by_its_final_status(store: httpx.Client) -> None:
    before = {status: _requests_counted(store, "whole", status) for status in (200, 201)}
    for _ in range(3):
        store.get("/v1/awaited/whole")
    after = {status: _requests_counted(store, "whole", status) for status in (200, 201)}
    assert after == {200: before[200], 201: before[201] + 3}


def test_waiting_holds_up_no_other_request_and_ends_when_the_caller_leaves(store: httpx.Client) -> None:
    with ExitStack() as stack:
        for _ in range(MORE_THAN_THREADS):
            waiting = stack.enter_context(socket.create_connection((store.base_url.host, store.base_url.port or 80)))
            waiting.sendall(b"GET /v1/awaited/never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: _count_open(store) == MORE_THAN_THREADS)
        assert store.get("/v1/pets").status_code == 200
    began = time.monotonic()
    wait_until(lambda: _count_open(store) == 0)
    assert time.monotonic() - began < 1
    wait_until(lambda: _requests_counted(store, "never", 499) == MORE_THAN_THREADS)


def test_a_stream_comes_as_it_is_made_and_ends_when_the_caller_leaves(store: httpx.Client) -> None:
    with store.stream("GET", "/v1/awaited/stream") as answer:
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-request-id"]
        chunks = answer.iter_raw()
        assert next(chunks) == b"one "
        assert next(chunks) == b"more "
        assert _count_open(store) == 1
    began = time.monotonic()
    wait_until(lambda: _count_open(store) == 0)
    assert time.monotonic() - began < 1


def test_a_server_that_stops_refuses_what_is_not_made_and_lets_streams_say_their_end(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with ThreadPoolExecutor(2) as pool, httpx.Client(timeout=60) as client:
        with running(DJANGO_SETTINGS_MODULE=SETTINGS) as server:
            address = f"http://127.0.0.1:{server.port}/v1"
            never = pool.submit(client.get, f"{address}/awaited/never", headers={"X-Request-ID": "mine-9"})
            stream = pool.submit(client.get, f"{address}/awaited/stream")
            wait_until(lambda: client.get(f"{address}/open").text == "2")
        refused, told = never.result(30), stream.result(30)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.headers["x-request-id"] == refused.json()["requestId"] == "mine-9"
    assert (told.status_code, told.text[-7:]) == (200, "the end")


@override_settings(ROOT_URLCONF="tests.server.awaited_urls")
def test_the_test_client_gets_the_final_response_too(api: Client) -> None:
    answer = api.get("/v1/awaited/whole")
    assert (answer.status_code, answer.content, answer["Content-Length"]) == (201, b"whole", "5")
    assert answer["X-Request-ID"]
    failed = Client(raise_request_exception=False).get("/v1/awaited/fails")
    assert (failed.status_code, json.loads(failed.content)["requestId"]) == (500, failed["X-Request-ID"])


Message = Mapping[str, Any]


def _ask_asgi(path: str, *, leaves_after: int) -> list[Message]:
    """What the handler sends under a generic ASGI server, to a caller who leaves after so many messages."""
    sent: list[Message] = []

    async def ask() -> None:
        arriving: list[Message] = [{"type": "http.request", "more_body": False}]
        left = asyncio.Event()

        async def receive() -> Message:
            if not arriving:
                await left.wait()
                return {"type": "http.disconnect"}
            return arriving.pop()

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) == leaves_after:
                left.set()

        if not leaves_after:
            asyncio.get_running_loop().call_later(0.2, left.set)
        scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")]}
        await ThreadedHandler(build_refused_response)(scope, receive, send)

    with override_settings(ROOT_URLCONF="tests.server.awaited_urls", MIDDLEWARE=[]):
        asyncio.run(ask())
    return sent


def test_any_asgi_server_gets_the_final_response() -> None:
    start, body = _ask_asgi("/v1/awaited/whole", leaves_after=2)
    assert (start["status"], body["body"]) == (201, b"whole")
    assert _ask_asgi("/v1/awaited/fails", leaves_after=2)[0]["status"] == 500


def test_any_asgi_server_ends_what_is_made_when_the_caller_leaves() -> None:
    assert _ask_asgi("/v1/awaited/never", leaves_after=0) == []
    assert len(_ask_asgi("/v1/awaited/stream", leaves_after=3)) < 6
    assert not awaited_urls.OPEN
