"""Conversations, at whose end nothing of them is left."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from petstore import asgi
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import room_feed
from petstore.interfaces.rooms.registry import room_sessions
from petstore.interfaces.socketio.exchange import close_session_hub
from petstore.interfaces.socketio.process import host_process
from petstore.server.asgi_handler import ThreadedHandler
from petstore.server.web_sockets import open_sockets
from tests.rest.listening import close_threads_of
from tests.rest.tokens import access
from tests.server.server import Server, serving

Talk = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Talk]:
    """Let a conversation happen: `talk(conversation())`."""
    handler = ThreadedHandler(build_refused_response)
    monkeypatch.setattr(asgi.application, "handler", handler)

    async def to_its_end(conversation: Coroutine[Any, Any, None]) -> None:
        await conversation
        await close_session_hub()
        host_process.is_ending = False
        while len(asyncio.all_tasks()) > 1:  # the feed and the looks at rights end by themselves
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
        await run_in_reader(connections.close_all)

    yield lambda conversation: asyncio.run(to_its_end(conversation))
    close_threads_of(handler)
    assert (len(open_sockets), len(room_sessions), len(room_feed)) == (0, 0, 0)


@pytest.fixture(scope="package")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two web processes on the run's database, the same ones for all tests here."""
    variables = {"DATABASE_URL": os.environ["DATABASE_URL"], "RATE_LIMIT": "off"}
    with serving(tmp_path_factory.mktemp("store"), "--workers", "2", variables=variables) as server:
        yield server


@pytest.fixture
def auth(transactional_db: None, alice: User) -> dict[str, str]:
    """What alice's clients say of themselves."""
    return {"token": access(alice), "tenantId": str(alice.tenant_id)}
