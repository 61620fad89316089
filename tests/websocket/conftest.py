"""An application with request threads of its own, whose feed of rooms ends with the test."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from django.db import connections

from chat.models import Room, RoomMessage
from petstore import asgi
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import room_feed
from petstore.interfaces.live.streams import streams
from petstore.interfaces.rooms.registry import room_sessions
from petstore.server.asgi_handler import ThreadedHandler
from petstore.server.web_sockets import open_sockets
from tenants.scoping import all_tenants
from tests.rest.listening import close_threads_of


def count_stored_rows() -> tuple[int, int]:
    """How many rooms and messages there are, of all tenants."""
    with all_tenants(reason="a test counts what was stored"):
        return Room.objects.count(), RoomMessage.objects.count()


Talk = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Talk]:
    """Let a conversation happen: `talk(conversation())`. At its end nothing of it is left."""
    handler = ThreadedHandler(build_refused_response)
    monkeypatch.setattr(asgi.application, "handler", handler)

    async def to_its_end(conversation: Coroutine[Any, Any, None]) -> None:
        await conversation
        while len(asyncio.all_tasks()) > 1:  # the feed and the looks at rights end by themselves
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
        await run_in_reader(connections.close_all)

    yield lambda conversation: asyncio.run(to_its_end(conversation))
    close_threads_of(handler)
    assert (len(open_sockets), len(room_sessions), len(room_feed), streams.is_clear) == (0, 0, 0, True)
