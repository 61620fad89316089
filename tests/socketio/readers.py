"""Clients of Socket.IO's own library that come again by themselves, and read on where they were."""

import asyncio
from collections.abc import Callable
from typing import Any

import socketio

from tests.concurrency import PATIENCE


class Reader:
    """A client that reads its user's room.

    Attributes:
        seen: the ids of the messages, as they came.
        times: how often it was let in.
    """

    def __init__(self, *transports: str, is_careless: bool = False) -> None:
        """Take a client that goes over these transports.

        Args:
            is_careless: it does not ask for what came while it was away, and comes again after a second.
        """
        wait = 1.0 if is_careless else 0.1
        self._transports, self._is_careless = list(transports), is_careless
        self.client = socketio.AsyncClient(reconnection_delay=wait, reconnection_delay_max=wait, randomization_factor=0)
        self.seen: list[str] = []
        self.times = 0
        self._room = ""
        self._joined = asyncio.Event()
        self.client.on("connect", self._join)
        self.client.on("connected", self._read_missed)
        self.client.on("chatMessage", self._read)

    async def come(self, address: str, auth: dict[str, str]) -> None:
        """Come in and join the room."""
        await self.client.connect(address, auth=auth, transports=self._transports, wait_timeout=PATIENCE)
        await asyncio.wait_for(self._joined.wait(), PATIENCE)

    async def _join(self) -> None:
        self.times += 1
        place = {"roomId": self._room, "afterMessageId": self.seen[-1]} if self.seen else {}
        await self.client.emit("joinChat", place)

    def _read_missed(self, joined: dict[str, Any]) -> None:
        self._room = joined["roomId"]
        if not self._is_careless:
            self.seen += [message["messageId"] for message in joined["messages"]]
        self._joined.set()

    def _read(self, message: dict[str, Any]) -> None:
        self.seen.append(message["messageId"])


async def until(condition: Callable[[], bool]) -> None:
    """Until it holds; fails after a long while."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)
