"""Listeners to an order's steps, one for each protocol that tells of them live: each collects what it hears."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress

import grpc
import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from petstore.interfaces.grpc.stubs.orders_pb2 import OrderEvent, OrderStatus, WatchOrderRequest

PATIENCE = 120
SUBSCRIPTION = """
subscription ($id: ID!, $after: ID) {
  orderStatusChanged(orderId: $id, afterEventId: $after) { eventId newStatus }
}
"""
Step = tuple[str, str]
"""An event's id and the new status."""


class Listener(ABC):
    """A client that comes again, after the last event that it has, until the order has ended.

    Attributes:
        steps: heard so far, over all connections.
        is_over: the server has said that no more will come.
        error: what else than a broken connection ended it.
    """

    def __init__(self, address: str, token: str, order: str) -> None:
        self.address, self.token, self.order = address, token, order
        self.steps: list[Step] = []
        self.is_over = False
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def last(self) -> str | None:
        return self.steps[-1][0] if self.steps else None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @abstractmethod
    def hear(self) -> Iterator[Step]:
        """The steps over one connection; `is_over` is set where it ends politely."""

    def _listen(self) -> None:
        pause = threading.Event()
        while not self.is_over and self.error is None:
            try:
                for step in self.hear():
                    self.steps.append(step)
            except (httpx.HTTPError, grpc.RpcError, ConnectionClosed, OSError):
                pause.wait(0.2)
            except Exception as error:  # noqa: BLE001  # the test that waits for the steps tells it
                self.error = error


class EventSource(Listener):
    """REST's server-sent events."""

    def hear(self) -> Iterator[Step]:
        again = {"Last-Event-ID": self.last} if self.last else {}
        path = f"{self.address}/v1/orders/{self.order}/events"
        with httpx.stream("GET", path, headers=self.headers | again, timeout=PATIENCE) as answer:
            answer.raise_for_status()
            self.is_over = answer.status_code == httpx.codes.NO_CONTENT
            for heard in _read_events(answer):
                if heard["event"] == "order.statusChanged":
                    yield heard["id"], json.loads(heard["data"])["newStatus"]


class GraphQLEvents(Listener):
    """A subscription over server-sent events."""

    def hear(self) -> Iterator[Step]:
        asked = {"query": SUBSCRIPTION, "variables": {"id": self.order, "after": self.last}}
        headers = self.headers | {"Accept": "text/event-stream"}
        with httpx.stream(
            "POST", f"{self.address}/v1/graphql", json=asked, headers=headers, timeout=PATIENCE
        ) as answer:
            answer.raise_for_status()
            for heard in _read_events(answer):
                if heard["event"] == "complete":
                    self.is_over = True
                else:
                    yield _read_step(json.loads(heard["data"]))


class GraphQLSocket(Listener):
    """A subscription over graphql-transport-ws."""

    def hear(self) -> Iterator[Step]:
        address = f"{self.address.replace('http', 'ws')}/v1/graphql"
        with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], open_timeout=PATIENCE) as socket:
            socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}))
            assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "connection_ack"
            asked = {"query": SUBSCRIPTION, "variables": {"id": self.order, "after": self.last}}
            socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))
            while not self.is_over:
                message = json.loads(socket.recv(timeout=PATIENCE))
                if message["type"] == "complete":
                    self.is_over = True
                elif message["type"] == "next":
                    yield _read_step(message["payload"])


class GrpcWatch(Listener):
    """WatchOrder; its address is that of the gRPC port."""

    def hear(self) -> Iterator[Step]:
        with grpc.insecure_channel(self.address, options=(("grpc.use_local_subchannel_pool", 1),)) as channel:
            watch = channel.unary_stream(
                "/petstore.v1.OrderService/WatchOrder", WatchOrderRequest.SerializeToString, OrderEvent.FromString
            )
            asked = WatchOrderRequest(id=self.order, after_event_id=self.last or "")
            for event in watch(asked, metadata=(("authorization", f"Bearer {self.token}"),), timeout=PATIENCE):
                if event.WhichOneof("data") == "order_status_changed":
                    status = OrderStatus.Name(event.order_status_changed.new_status)
                    yield event.event_id, status.removeprefix("ORDER_STATUS_")
            self.is_over = True


def _read_events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """The events of a stream as they come; comments are none."""
    fields: dict[str, str] = {}
    with suppress(httpx.StreamClosed):
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
            else:
                if "event" in fields:
                    yield fields
                fields = {}


def _read_step(result: dict[str, object]) -> Step:
    data = result["data"]
    assert isinstance(data, dict), result
    event = data["orderStatusChanged"]
    return event["eventId"], event["newStatus"]
