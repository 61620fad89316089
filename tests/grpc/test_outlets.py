"""Messages on their way to a client that may read slowly (contract, gRPC)."""

import asyncio

import pytest

from petstore.interfaces.grpc import outlets
from petstore.interfaces.grpc.outlets import MAX_WAITING_BYTES, MessageOutlet, ReadsTooSlowly

MESSAGE = bytes(64 * 1024)


class Client:
    """A client that reads while it is awake, a message at a time."""

    def __init__(self) -> None:
        self.awake = asyncio.Event()
        self.read: list[bytes] = []

    async def receive(self, message: bytes) -> None:
        await self.awake.wait()
        await asyncio.sleep(0)
        self.read.append(message)


def test_a_client_that_never_reads_is_cut_off_once_a_mebibyte_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "STALLED_SECONDS", 0.05)

    async def story() -> None:
        client = Client()
        outlet = MessageOutlet(client.receive)
        for _ in range(MAX_WAITING_BYTES // len(MESSAGE)):
            await outlet.send_message(MESSAGE)
        with pytest.raises(ReadsTooSlowly):
            await outlet.send_message(MESSAGE)
        await outlet.close()
        client.awake.set()
        await asyncio.sleep(0.05)
        assert client.read == []

    asyncio.run(story())


def test_a_slow_client_gets_everything_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is more than a mebibyte now and then, but it reads."""
    monkeypatch.setattr(outlets, "STALLED_SECONDS", 5)

    async def story() -> None:
        client = Client()
        outlet = MessageOutlet(client.receive, most=3)
        sent = [bytes((number,)) for number in range(50)]
        asyncio.get_running_loop().call_later(0.05, client.awake.set)
        for message in sent:
            await outlet.send_message(message)
        await outlet.send_rest()
        await outlet.close()
        assert client.read == sent

    asyncio.run(story())


def test_a_client_that_has_gone_is_noticed_at_the_next_message() -> None:
    async def fail(_message: bytes) -> None:
        raise ConnectionResetError

    async def story() -> None:
        outlet = MessageOutlet(fail)
        await outlet.send_message(b"x")
        with pytest.raises(ConnectionResetError):
            await outlet.send_rest()
        await outlet.close()

    asyncio.run(story())
