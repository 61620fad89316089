"""Signals by a channel of Redis, which reaches the processes of all machines."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NoReturn

import redis
import redis.asyncio

from petstore.interfaces.live.carriers.outages import listen_through_outages
from petstore.interfaces.live.carriers.outbox import Outbox
from petstore.interfaces.live.carriers.payloads import CHANNEL, decode_signals, encode_signals
from petstore.interfaces.live.rooms import Signal

TIMEOUT_SECONDS: Final = 2.0
HEALTH_SECONDS: Final = 15.0
"""The time without signals after which the connection is tried."""
_FAILURES: Final = (redis.RedisError, OSError)


class RedisCarrier:
    """Publishes in a thread of its own, and is subscribed as long as somebody of this process hears rooms."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._outbox = Outbox(self._publish_signals, self._disconnect, _FAILURES)
        self._client: redis.Redis | None = None

    def carry_signal(self, signal: Signal) -> None:
        """Send a signal to the other processes, soon."""
        self._outbox.put_signal(signal)

    async def bring_signals(self, take: Callable[[Signal], None]) -> NoReturn:
        """Pass on what the other processes send, until cancelled."""

        await listen_through_outages(partial(self._listen_to_channel, take), _FAILURES)

    async def _listen_to_channel(self, take: Callable[[Signal], None], note_success: Callable[[], None]) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_keepalive=True,
            health_check_interval=HEALTH_SECONDS,
        )
        async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            note_success()
            while True:
                message = await channel.get_message(timeout=HEALTH_SECONDS)
                for signal in decode_signals(message["data"]) if message else ():
                    take(signal)

    def _publish_signals(self, signals: Sequence[Signal]) -> None:
        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
            )
        pipeline = self._client.pipeline(transaction=False)
        for payload in encode_signals(signals):
            pipeline.publish(CHANNEL, payload)
        pipeline.execute()

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
