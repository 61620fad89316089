"""Listeners of a room feed, and changes of rooms meanwhile, for tests marked `django_db(transaction=True)`."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connections

from chat.rooms.announcements import add_announcer, remove_announcer
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import MessageSent, RoomFeed, RoomNews

T = TypeVar("T")
PATIENCE = 30.0


class Listener:
    """A listener of rooms that keeps what it was told."""

    def __init__(self) -> None:
        self.news: list[RoomNews] = []
        self._has_news = asyncio.Event()

    def take_room_news(self, news: RoomNews) -> None:
        self.news.append(news)
        self._has_news.set()

    @property
    def numbers(self) -> list[int]:
        return [one.message.number for one in self.news if isinstance(one, MessageSent)]

    def has_heard(self, number: int) -> bool:
        return self.numbers[-1:] == [number]

    async def hear_until(self, is_enough: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_enough():
                self._has_news.clear()
                await self._has_news.wait()


async def change(call: Callable[[], T]) -> T:
    """Change something in a thread with a connection of its own; the scope is the test's."""

    def run() -> T:
        try:
            return call()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


@contextmanager
def announced_to(feed: RoomFeed) -> Iterator[None]:
    """The feed is told of each change, as a web process's is."""
    add_announcer(feed.announce_change)
    try:
        yield
    finally:
        remove_announcer(feed.announce_change)


def run_with_reader(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end, and leave no connection in the thread that reads for the feed."""

    async def run() -> T:
        try:
            return await coroutine
        finally:
            await run_in_reader(connections.close_all)

    return asyncio.run(run())
