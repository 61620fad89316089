import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from petstore.server import sibling_links
from petstore.server.sibling_links import SiblingGone, SiblingLink, SiblingListener, open_sibling_link
from petstore.server.siblings import (
    KEPT_FOLDER,
    join_siblings,
    own_name,
    prepare_sibling_folder,
    remove_sibling_folder,
    sibling_path,
)


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process, as its siblings call it."""
    monkeypatch.setenv(KEPT_FOLDER, "")  # given back at the end
    prepare_sibling_folder()
    join_siblings(1)
    found = own_name()
    assert found is not None
    yield found
    remove_sibling_folder()


@asynccontextmanager
async def listening(serve: Callable[[SiblingLink], Awaitable[None]]) -> Any:
    listener = SiblingListener("echo", serve)
    await asyncio.gather(listener.start_listening(), listener.start_listening())
    yield listener
    await listener.stop_listening()


async def echo(link: SiblingLink) -> None:
    while True:
        await link.send_message(await link.receive_message())


def test_messages_of_any_length_go_both_ways(name: str) -> None:
    async def exchange() -> None:
        async with listening(echo), open_sibling_link(name, "echo") as one, open_sibling_link(name, "echo") as two:
            for message in (b"", b"a", b"x" * 1_000_000):
                await one.send_message(message)
                await two.send_message(message + b"!")
                assert await one.receive_message(30) == message
                assert await two.receive_message(30) == message + b"!"

    asyncio.run(exchange())


@pytest.mark.parametrize("stranger", ["1-4711", "../x-1", ""])
def test_a_process_that_is_not_there_is_gone(name: str, stranger: str) -> None:
    async def ask() -> None:
        with pytest.raises(SiblingGone):
            async with open_sibling_link(stranger, "echo"):
                pass

    asyncio.run(ask())


def test_a_process_that_does_not_greet_is_gone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sibling_links, "OPEN_SECONDS", 0.2)

    async def ask() -> None:
        with closing(socket.socket(socket.AF_UNIX)) as stuck:
            stuck.bind(str(sibling_path(name, "echo")))
            stuck.listen()
            with pytest.raises(SiblingGone):
                async with open_sibling_link(name, "echo"):
                    pass

    asyncio.run(ask())


def test_a_link_whose_other_end_closes_is_gone(name: str) -> None:
    async def serve_once(link: SiblingLink) -> None:
        await link.receive_message()

    async def ask() -> None:
        async with listening(serve_once), open_sibling_link(name, "echo") as link:
            await link.send_message(b"a")
            with pytest.raises(SiblingGone):
                await link.receive_message(30)

    asyncio.run(ask())


def test_a_message_that_is_too_long_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        async with listening(echo), open_sibling_link(name, "echo") as link:
            monkeypatch.setattr(sibling_links, "MAX_LENGTH", 100)
            await link.send_message(b"x" * 101)
            with pytest.raises(SiblingGone):
                await link.receive_message(30)

    asyncio.run(ask())


def test_who_does_not_read_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sibling_links, "SEND_SECONDS", 0.1)

    async def read_nothing(_link: SiblingLink) -> None:
        await asyncio.sleep(30)

    async def ask() -> None:
        async with listening(read_nothing), open_sibling_link(name, "echo") as link:
            with pytest.raises(SiblingGone):
                await link.send_message(b"x" * 10_000_000)

    asyncio.run(ask())


def test_there_are_so_many_links_and_no_more(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sibling_links, "MAX_LINKS", 1)

    async def ask() -> None:
        async with listening(echo), open_sibling_link(name, "echo"):
            with pytest.raises(SiblingGone):
                async with open_sibling_link(name, "echo"):
                    pass

    asyncio.run(ask())


def test_a_process_without_siblings_listens_to_nobody() -> None:
    async def listen() -> None:
        async with listening(echo):
            assert own_name() is None

    asyncio.run(listen())
