"""Streams of WatchOrder that are held open: `python -m benchmarks.watch_client ADDRESS < callers`.

A line of its input is a caller: a token, and the ids of the orders to watch, on a connection and from a loopback
address of the caller's own, as if on a machine of their own. After an empty line it opens the streams, says `open` once
each has its first event, and holds them until its input ends.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import grpc.aio
from google.protobuf.message import Message

from benchmarks.grpc_client import OWN_CONNECTION
from petstore.interfaces.grpc.stubs import orders_pb2

WATCH_ORDER = "/petstore.v1.OrderService/WatchOrder"


async def open_relay(address: str, source: str) -> str:
    """Pass connections on to an address as if they came from another one; return where to connect instead."""
    host, _, port = address.rpartition(":")

    async def pass_on(reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(port), local_addr=(source, 0))
        with suppress(asyncio.CancelledError):  # the program ends, of which asyncio would print a traceback
            await asyncio.gather(_copy_bytes(reader, far_writer), _copy_bytes(far_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy_bytes(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


async def watch_orders(address: str, number: int, token: str, orders: Sequence[str]) -> list["asyncio.Task[None]"]:
    """Open a caller's streams, and return what goes on reading them."""
    channel = grpc.aio.insecure_channel(await open_relay(address, f"127.0.0.{2 + number}"), options=OWN_CONNECTION)
    watch = channel.unary_stream(
        WATCH_ORDER,
        request_serializer=orders_pb2.WatchOrderRequest.SerializeToString,
        response_deserializer=orders_pb2.OrderEvent.FromString,
    )
    metadata = (("authorization", f"Bearer {token}"),)
    streams = [watch(orders_pb2.WatchOrderRequest(id=order), metadata=metadata) for order in orders]
    for stream in streams:
        await stream.read()
    return [asyncio.create_task(_read_on(stream)) for stream in streams]


async def _read_on(stream: "grpc.aio.UnaryStreamCall[Message, orders_pb2.OrderEvent]") -> None:
    while await stream.read() is not grpc.aio.EOF:
        pass


async def hold_streams(address: str, callers: Sequence[Sequence[str]]) -> None:
    """Open the streams of all callers and hold them."""
    reading = [
        task
        for number, (token, *orders) in enumerate(callers)
        for task in await watch_orders(address, number, token, orders)
    ]
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    ended = [task for task in reading if task.done()]
    print(len(ended), *sorted({repr(task.exception()) for task in ended}), flush=True)
    for task in reading:
        task.cancel()


if __name__ == "__main__":
    lines = iter(partial(sys.stdin.readline), "\n")
    asyncio.run(hold_streams(sys.argv[1], [line.split() for line in lines]))
