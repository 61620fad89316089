"""The load of gRPC: as many clients (`benchmarks.grpc_client`) as wrk has threads, with as many connections."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import grpc

from benchmarks.errors import BenchmarkError
from benchmarks.grpc_client import CONNECT_SECONDS, GET_ORDER
from benchmarks.load import CONNECTIONS, GRACE_SECONDS, THREADS, TICK_SECONDS, Span
from benchmarks.measurements import Load
from petstore.interfaces.grpc.stubs import orders_pb2

Client = subprocess.Popen[str]


def is_listening(address: str) -> bool:
    """Return whether a server of gRPC answers at an address."""
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(CONNECT_SECONDS)
        except grpc.FutureTimeoutError:
            return False
    return True


def find_order(address: str, order: str) -> orders_pb2.Order:
    """Get one order.

    Raises:
        BenchmarkError: when the answer is an error.
    """
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            GET_ORDER,
            request_serializer=orders_pb2.GetOrderRequest.SerializeToString,
            response_deserializer=orders_pb2.Order.FromString,
        )
        try:
            found: orders_pb2.Order = call(
                orders_pb2.GetOrderRequest(id=order), timeout=CONNECT_SECONDS, wait_for_ready=True
            )
        except grpc.RpcError as error:
            raise BenchmarkError(f"gRPC GetOrder: {error}") from error
    return found


def run_grpc(address: str, ids: Path, span: Span) -> Load:
    """Put GetOrder under load for some seconds.

    Raises:
        BenchmarkError: when there was no answer in that time.
    """
    words = (address, str(CONNECTIONS // THREADS), str(span.seconds), str(ids))
    with ExitStack() as stack:
        clients = [stack.enter_context(_start_client(words)) for _ in range(THREADS)]
        deadline = time.monotonic() + span.seconds
        for client in clients:
            _begin_calls(client)
        while time.monotonic() < deadline:
            span.tick()
            time.sleep(TICK_SECONDS)
        return _sum_up_results(
            [json.loads(client.communicate(timeout=GRACE_SECONDS)[0]) for client in clients], span.seconds
        )


@contextmanager
def _start_client(words: Sequence[str]) -> Iterator[Client]:
    """Start a client, connected and ready."""
    command = (sys.executable, "-m", "benchmarks.grpc_client", *words)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise BenchmarkError("A client of gRPC cannot connect.")
            yield process
        finally:
            process.kill()


def _begin_calls(client: Client) -> None:
    if client.stdin is not None:
        client.stdin.write("\n")
        client.stdin.flush()


def _sum_up_results(results: Sequence[Any], seconds: int) -> Load:
    latencies: list[float] = [latency for result in results for latency in result["latencies"]]
    failed: int = sum(result["failed"] for result in results)
    if not latencies:
        raise BenchmarkError(f"gRPC GetOrder: no answer, {failed} errors.")
    cuts = quantiles(latencies, n=100)
    return Load(len(latencies) + failed, seconds, cuts[49], cuts[98], refused=failed, broken=0)
