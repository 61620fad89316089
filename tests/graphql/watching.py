"""Watching an order: what happens meanwhile, and an application whose looks follow one another quickly."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command
from payments.services.order_transitions import transition_order
from petstore import asgi
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live import poller
from petstore.interfaces.live.feed import read_order_feed
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import streams
from petstore.server.asgi_handler import ThreadedHandler
from public_events.event_types import EventType
from tenants.scoping import tenant_scope
from tests.rest.listening import close_threads_of
from tests.server.server import wait_until
from tests.webhooks.delivering import publish_all_events

STEPS = """
    subscription ($order: ID!, $after: ID) {
        orderStatusChanged(orderId: $order, afterEventId: $after) { eventId newStatus }
    }
"""


@contextmanager
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks follow one another quickly, a worker seals, and the application has request threads of its own."""
    monkeypatch.setattr(poller, "POLL_SECONDS", 0.02)
    handler, stop = ThreadedHandler(build_refused_response), threading.Event()
    monkeypatch.setattr(asgi.application, "handler", handler)

    def work() -> None:
        while not stop.wait(0.02):
            publish_all_events()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(60)
        close_threads_of(handler)


def hear(hearing: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Let it happen; at its end nobody is left waiting."""

    async def to_its_end() -> None:
        await hearing()
        assert (len(order_poller), streams.is_clear) == (0, True)
        await run_in_reader(connections.close_all)

    asyncio.run(to_its_end())


def seal() -> None:
    """Wait until all that has happened can be told."""
    wait_until(lambda: count_pending_events() == 0)


def move(order: Order, *commands: Command) -> None:
    with tenant_scope(order.tenant_id):
        for command in commands:
            transition_order(order_id=order.id, command=command, actor=SYSTEM, reason="a test")


def tell_steps(order: Order) -> list[tuple[str, str]]:
    """The id and the new status of each step, as REST's stream and the webhooks tell them."""
    with tenant_scope(order.tenant_id):
        feed = read_order_feed(order.id)
    steps = [item for item in feed if item.event_type == EventType.ORDER_STATUS_CHANGED]
    return [(str(item.id), item.data["newStatus"]) for item in steps]
