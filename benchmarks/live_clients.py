"""Clients of web sockets in a process of their own: `python -m benchmarks.live_clients KIND ADDRESS < lines`.

The kinds:
- `idle`: a line is a token: one chat socket, which says nothing.
- `customers`: a line is a token: one chat socket, in a room of its own. It says the rooms, and after the next line each
  writes a message a second, with the time in it, until its input ends.
- `agent`: the first line is a token, each other line a room: one chat socket that has joined all of them.
- `watchers`: a line is a token and an order: one socket of the order's events.

After an empty line they say `open` once all are there, or more; at the end of their input they say what they have heard
as JSON, with times of the monotonic clock, which all processes of a machine share. The sockets come from several
loopback addresses, as if from several networks.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from random import random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PER_ADDRESS = 100
AT_ONCE = 20
"""Handshakes at the same time."""
JOINS_PER_SECOND = 9.0
"""Of an agent, who may send ten frames a second."""
_numbers = count()
Report = dict[str, Any]


async def open_socket(address: str, path: str, token: str) -> ClientConnection:
    """Open a socket, from the next of the loopback addresses."""
    source = f"127.0.0.{2 + next(_numbers) // PER_ADDRESS}"
    return await connect(
        f"{address}{path}",
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        ping_interval=None,
        local_addr=(source, 0),
    )


async def open_all_sockets(address: str, paths_and_tokens: Sequence[tuple[str, str]]) -> list[ClientConnection]:
    """Open sockets, a few at a time, and wait for the first frame of each."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def open_one(path: str, token: str) -> ClientConnection:
        async with turns:
            socket = await open_socket(address, path, token)
            first = json.loads(await socket.recv())
            if first["type"] == "error":
                raise ConnectionError(first)
            return socket

    return list(await asyncio.gather(*(open_one(*one) for one in paths_and_tokens)))


async def say_and_wait(*words: str) -> str:
    """Say something, and wait for the next line."""
    print(*words, flush=True)
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def hold_idle_sockets(address: str, lines: Sequence[str]) -> Report:
    """Hold sockets that say nothing, and count those that are open at the end."""
    sockets = await open_all_sockets(address, [("/v1/ws/chat", token) for token in lines])
    await say_and_wait("open")
    return {"open": sum(socket.close_code is None for socket in sockets)}


async def write_as_customers(address: str, lines: Sequence[str]) -> Report:
    """Write a message a second on each of the sockets, and count those that were delivered and refused."""
    sockets = await open_all_sockets(address, [("/v1/ws/chat", token) for token in lines])
    rooms = [await _join_room(socket) for socket in sockets]
    await say_and_wait("open", *rooms)
    kinds: list[str] = []
    writers = [asyncio.create_task(_write_each_second(socket)) for socket in sockets]
    readers = [asyncio.create_task(_note_types(socket, kinds)) for socket in sockets]
    await say_and_wait("writing")
    for writer in writers:
        writer.cancel()
    await asyncio.sleep(2)
    for reader in readers:
        reader.cancel()
    return {"delivered": kinds.count("messageDelivered"), "errors": kinds.count("error")}


async def _join_room(socket: ClientConnection, **members: str) -> str:
    await socket.send(json.dumps({"type": "joinRoom", **members}))
    while True:
        frame = json.loads(await socket.recv())
        if frame["type"] == "error":
            raise ConnectionError(frame)
        if frame["type"] == "roomJoined":
            return str(frame["roomId"])


async def _write_each_second(socket: ClientConnection) -> None:
    await asyncio.sleep(random())  # noqa: S311  # no secret
    due = time.monotonic()
    for number in count():
        text = f"{time.monotonic()}"
        await socket.send(json.dumps({"type": "chatMessage", "id": f"m-{number}", "text": text}))
        due += 1
        await asyncio.sleep(due - time.monotonic())


async def _note_types(socket: ClientConnection, kinds: list[str]) -> None:
    async for text in socket:
        kinds.append(json.loads(text)["type"])  # noqa: PERF401  # they are looked at meanwhile


async def listen_as_agent(address: str, lines: Sequence[str]) -> Report:
    """Join all rooms, and note how long each message took."""
    token, *rooms = lines
    (socket,) = await open_all_sockets(address, [("/v1/ws/chat", token)])
    seconds: list[float] = []
    reader = asyncio.create_task(_note_seconds(socket, seconds))
    for room in rooms:
        await socket.send(json.dumps({"type": "joinRoom", "roomId": room}))
        await asyncio.sleep(1 / JOINS_PER_SECOND)
    await say_and_wait("open")
    is_open = not reader.done()
    reader.cancel()
    return {"seconds": seconds, "open": is_open}


async def _note_seconds(socket: ClientConnection, seconds: list[float]) -> None:
    async for text in socket:
        now, frame = time.monotonic(), json.loads(text)
        if frame["type"] == "error":
            raise ConnectionError(frame)
        if frame["type"] == "chatMessage":
            seconds.append(now - float(frame["text"]))


async def watch_orders(address: str, lines: Sequence[str]) -> Report:
    """Watch orders, and note when each socket heard that its order was cancelled."""
    watched = [(order, token) for token, order in (line.split() for line in lines)]
    sockets = await open_all_sockets(address, [(f"/v1/ws/orders/{order}", token) for order, token in watched])
    heard: list[tuple[str, float]] = []
    readers = [
        asyncio.create_task(_note_cancellation(socket, order, heard))
        for socket, (order, _) in zip(sockets, watched, strict=True)
    ]
    await say_and_wait("open")
    for reader in readers:
        reader.cancel()
    return {"heard": heard}


async def _note_cancellation(socket: ClientConnection, order: str, heard: list[tuple[str, float]]) -> None:
    try:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "order.statusChanged" and frame["data"].get("newStatus") == "CANCELLED":
                heard.append((order, time.monotonic()))
    except ConnectionClosed:
        return


KINDS: dict[str, Callable[[str, Sequence[str]], Awaitable[Report]]] = {
    "idle": hold_idle_sockets,
    "customers": write_as_customers,
    "agent": listen_as_agent,
    "watchers": watch_orders,
}


async def run_clients(kind: str, address: str, lines: Sequence[str]) -> None:
    """Run the clients of a kind to the end of the input, and say what they have heard."""
    report = await KINDS[kind](address, lines)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    given = [line.strip() for line in iter(partial(sys.stdin.readline), "\n")]
    asyncio.run(run_clients(sys.argv[1], sys.argv[2], given))
