"""Calls of GetOrder by gRPC: `python -m benchmarks.grpc_client ADDRESS CONNECTIONS SECONDS FILE-OF-IDS`.

Each connection has one call under way, as each of wrk's has one request. It says `ready` once all are connected, waits
for a line, and prints as JSON the latencies in ms of the calls that succeeded, and the number of those that failed.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio

from petstore.interfaces.grpc.stubs import orders_pb2

GET_ORDER = "/petstore.v1.OrderService/GetOrder"
CONNECT_SECONDS = 20
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)
"""Channels of one process share their connection otherwise."""


class Caller:
    """A connection and what came of its calls."""

    def __init__(self, address: str) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self._channel = grpc.aio.insecure_channel(address, options=OWN_CONNECTION)
        self._call = self._channel.unary_unary(
            GET_ORDER,
            request_serializer=orders_pb2.GetOrderRequest.SerializeToString,
            response_deserializer=orders_pb2.Order.FromString,
        )

    async def connect(self) -> None:
        """Connect."""
        await asyncio.wait_for(self._channel.channel_ready(), CONNECT_SECONDS)

    async def call_until(self, deadline: float, ids: Sequence[str]) -> None:
        """Call for orders of any of the ids, one after another."""
        while (began := time.perf_counter()) < deadline:
            try:
                await self._call(orders_pb2.GetOrderRequest(id=random.choice(ids)))  # noqa: S311  # no secret
            except grpc.RpcError:
                self.failed += 1
            else:
                self.latencies.append((time.perf_counter() - began) * 1000)


async def run_calls(address: str, connections: int, seconds: float, ids: Sequence[str]) -> None:
    """Connect, wait for a line, call, and print what came of it."""
    callers = [Caller(address) for _ in range(connections)]
    await asyncio.gather(*(caller.connect() for caller in callers))
    print("ready", flush=True)
    sys.stdin.readline()
    deadline = time.perf_counter() + seconds
    await asyncio.gather(*(caller.call_until(deadline, ids) for caller in callers))
    latencies = [round(one, 3) for caller in callers for one in caller.latencies]
    print(json.dumps({"latencies": latencies, "failed": sum(caller.failed for caller in callers)}))


if __name__ == "__main__":
    asyncio.run(run_calls(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]).read_text().split()))
