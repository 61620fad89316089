"""Both ends of a support message's way: `python -m benchmarks.carrier_ends write KIND RATE SECONDS`, or `listen KIND`.

Driven by `benchmarks.carriers`, line by line.
"""

import asyncio
import json
import sys
import time
from uuid import UUID

import django
from django.conf import settings

ROOMS = 50


def write_messages(kind: str, rate: int, seconds: int) -> None:
    """Open rooms, say their ids, and write messages with the time in them after the next line."""
    from chat.rooms.announcements import add_announcer  # noqa: PLC0415  # Django is set up first
    from chat.rooms.participants import Person  # noqa: PLC0415  # as above
    from chat.services.room_messages import send_room_message  # noqa: PLC0415  # as above
    from kernel import ids  # noqa: PLC0415  # as above
    from kernel.actor import Actor, Role  # noqa: PLC0415  # as above
    from petstore.interfaces.live.rooms import room_feed  # noqa: PLC0415  # as above
    from tenants.scoping import SHARED_POOL_ID, tenant_scope  # noqa: PLC0415  # as above

    _use_carrier(kind)
    add_announcer(room_feed.announce_change)
    with tenant_scope(SHARED_POOL_ID):
        rooms = [_open_room() for _ in range(ROOMS)]
        print(*(room_id for _, room_id in rooms), flush=True)
        sys.stdin.readline()
        begun, spent = time.monotonic(), time.process_time()
        for number in range(rate * seconds):
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            user_id, room_id = rooms[number % ROOMS]
            send_room_message(
                text=str(time.monotonic()),
                client_id=ids.new_id_text(),
                sender=Person(user_id, "Liv"),
                actor=Actor(user_id=user_id, role=Role.CUSTOMER),
                room_id=room_id,
            )
    time.sleep(0.1)
    print(json.dumps({"messages": rate * seconds, "cpu": time.process_time() - spent}), flush=True)


def _open_room() -> tuple[UUID, UUID]:
    from accounts.models import User  # noqa: PLC0415  # Django is set up first
    from chat.services.customer_rooms import open_customer_room  # noqa: PLC0415  # as above
    from kernel import ids  # noqa: PLC0415  # as above
    from kernel.actor import Actor, Role  # noqa: PLC0415  # as above

    name = ids.new_id_text()
    user = User(username=name, email=f"{name}@example.com", first_name="Liv", last_name="Example", role="CUSTOMER")
    user.save()
    return user.id, open_customer_room(actor=Actor(user_id=user.id, role=Role.CUSTOMER)).id


class Listener:
    """Notes how long each message took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def take_room_news(self, news: object) -> None:
        """Note a message."""
        message = getattr(news, "message", None)
        if message is not None:
            self.seconds.append(time.monotonic() - float(message.text))


async def listen_to_rooms(kind: str) -> None:
    """Hear the rooms that the first line names, until as many messages have come as the next line says."""
    from petstore.interfaces.live.rooms import room_feed  # noqa: PLC0415  # Django is set up first
    from tenants.scoping import SHARED_POOL_ID  # noqa: PLC0415  # as above

    _use_carrier(kind)
    listener, loop = Listener(), asyncio.get_running_loop()
    for room_id in sys.stdin.readline().split():
        room_feed.hear_room(listener, SHARED_POOL_ID, UUID(room_id), 0)
    await asyncio.sleep(1.5)
    print("open", flush=True)
    spent = time.process_time()
    expected = int(await loop.run_in_executor(None, sys.stdin.readline))
    deadline = loop.time() + 5
    while len(listener.seconds) < expected and loop.time() < deadline:
        await asyncio.sleep(0.1)
    print(json.dumps({"seconds": listener.seconds, "cpu": time.process_time() - spent}), flush=True)


def _use_carrier(kind: str) -> None:
    from petstore.interfaces.live.carriers.postgres_notifications import (  # noqa: PLC0415  # Django is set up first
        NotificationCarrier,
    )
    from petstore.interfaces.live.carriers.redis_channel import RedisCarrier  # noqa: PLC0415  # as above
    from petstore.interfaces.live.rooms import room_feed  # noqa: PLC0415  # as above

    if kind == "redis":
        room_feed.use_carrier(RedisCarrier(settings.REDIS_URL))
    elif kind == "notify":
        room_feed.use_carrier(NotificationCarrier())


if __name__ == "__main__":
    django.setup()
    end, kind, *numbers = sys.argv[1:]
    if end == "write":
        write_messages(kind, *map(int, numbers))
    else:
        asyncio.run(listen_to_rooms(kind))
