"""A subscriber that hears all messages of a broker, by a library of its own; every message passes `note_message`."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import aiomqtt
import orjson
from paho.mqtt.properties import Properties

from tests.asyncapi.checking import require_described_publication

PATIENCE_SECONDS = 20.0
RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it arrived."""

    topic: str
    payload: bytes
    qos: int
    is_retained: bool
    properties: Properties

    @property
    def data(self) -> dict[str, Any]:
        """The payload, read."""
        data: dict[str, Any] = orjson.loads(self.payload)
        return data

    @property
    def labels(self) -> dict[str, str]:
        """Its user properties."""
        return dict(self.read_property("UserProperty") or ())

    def read_property(self, name: str) -> Any:
        """One of MQTT's own properties; None where it is not there."""
        return getattr(self.properties, name, None)

    @property
    def event_id(self) -> str:
        return self.labels.get("eventId", "")


def note_message(heard: Heard) -> None:
    """See each message that any test hears: it is what the AsyncAPI document says, JSON, and says so."""
    require_described_publication(heard.topic, heard.labels.get("eventType", "presence"), heard.qos, heard.data)
    assert heard.read_property("ContentType") == "application/json"
    assert heard.read_property("PayloadFormatIndicator") == 1


class Subscriber:
    """Hears in a thread of its own, and connects again when the broker comes back.

    Attributes:
        faults: what was wrong with messages, which the end of `subscribing` raises.
    """

    def __init__(self, port: int, topic: str) -> None:
        self.faults: list[AssertionError] = []
        self._port, self._topic = port, topic
        self._heard: list[Heard] = []
        self._changed = threading.Condition()
        self._is_listening, self._is_over = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, daemon=True)

    def start(self) -> Self:
        """Return once the broker has confirmed the subscription."""
        self._thread.start()
        assert self._is_listening.wait(PATIENCE_SECONDS), "waited in vain"
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(PATIENCE_SECONDS)

    @property
    def heard(self) -> list[Heard]:
        """All messages but presence, in the order of their arrival."""
        with self._changed:
            return [each for each in self._heard if not each.topic.endswith("petstore/publisher")]

    @property
    def presence(self) -> list[str]:
        """The words of the publisher about itself."""
        with self._changed:
            return [each.data["status"] for each in self._heard if each.topic.endswith("petstore/publisher")]

    def wait_for(self, number: int) -> list[Heard]:
        """Wait for so many messages and return all."""
        return self._wait_until(lambda: len(self.heard) >= number)

    def wait_for_events(self, event_ids: set[str]) -> list[Heard]:
        """Wait until each of the events was heard and return all messages."""
        return self._wait_until(lambda: event_ids <= {each.event_id for each in self.heard})

    def wait_for_presence(self, word: str) -> None:
        """Wait until this is the last word of the publisher about itself."""
        self._wait_until(lambda: self.presence[-1:] == [word])

    def _wait_until(self, is_so: Any) -> list[Heard]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain; heard {[each.topic for each in self.heard]}"
            with self._changed:
                self._changed.wait(0.1)
        return self.heard

    def _run_loop(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen_until_stopped())

    async def _listen_until_stopped(self) -> None:
        listening = asyncio.create_task(self._listen_for_ever())
        await self._is_over.wait()
        listening.cancel()
        await asyncio.wait([listening])

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen_while_connected()
            except aiomqtt.MqttError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen_while_connected(self) -> None:
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", self._port, protocol=v5) as client:
            await client.subscribe(self._topic, qos=2)
            self._is_listening.set()
            async for message in client.messages:
                self._take_message(message)

    def _take_message(self, message: aiomqtt.Message) -> None:
        assert isinstance(message.payload, bytes)
        assert message.properties is not None
        heard = Heard(str(message.topic), message.payload, message.qos, message.retain, message.properties)
        try:
            note_message(heard)
        except AssertionError as fault:
            self.faults.append(fault)
        with self._changed:
            self._heard.append(heard)
            self._changed.notify_all()


@contextmanager
def subscribing(port: int, topic: str = "#") -> Iterator[Subscriber]:
    """A subscriber that has subscribed."""
    subscriber = Subscriber(port, topic).start()
    try:
        yield subscriber
    finally:
        subscriber.stop()
    assert not subscriber.faults
