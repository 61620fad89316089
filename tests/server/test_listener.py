"""Listening sockets: one for each web process, at one address."""

import select
import socket
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
from django.core.management.base import CommandError

from petstore.server.listener import HAS_PORT_SHARING, ServingSockets, open_listener, open_listeners

CALLERS = 64


def _taken_by_each(listeners: Sequence[socket.socket], stack: ExitStack) -> list[int]:
    """How many of the callers that wait are in each socket's queue."""
    taken = [0] * len(listeners)
    for number, listener in enumerate(listeners):
        while select.select([listener], [], [], 0.2)[0]:
            stack.enter_context(listener.accept()[0])
            taken[number] += 1
    return taken


@pytest.mark.skipif(not HAS_PORT_SHARING, reason="only Linux spreads connections among sockets")
def test_callers_who_come_at_once_are_spread_over_the_processes() -> None:
    with ExitStack() as stack:
        listeners = open_listeners(stack.enter_context(open_listener("127.0.0.1", 0)), 2)
        stack.enter_context(listeners[1])
        for _ in range(CALLERS):
            stack.enter_context(socket.create_connection(listeners[0].getsockname()))
        taken = _taken_by_each(listeners, stack)
    assert sum(taken) == CALLERS
    assert min(taken) > CALLERS // 8


def test_one_process_has_the_one_socket() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        assert open_listeners(listener, 1) == [listener]


def test_a_port_where_another_store_is_served_is_taken() -> None:
    with open_listener("127.0.0.1", 0) as listener, pytest.raises(CommandError, match="Cannot listen"):
        open_listener("127.0.0.1", listener.getsockname()[1])


@pytest.mark.parametrize("has_worker", [True, False])
def test_a_supervisor_is_told_on_its_command_line_whether_it_brings_a_worker(has_worker: bool) -> None:
    with open_listener("127.0.0.1", 0) as web, open_listener("127.0.0.1", 0) as grpc:
        told = ServingSockets([web], grpc, has_worker=has_worker).format_argument()
        taken = ServingSockets.parse_argument(told)
        descriptors = [each.detach() for each in (*taken.webs, taken.grpc) if each is not None]
        assert descriptors == [web.fileno(), grpc.fileno()]
    assert taken.has_worker is has_worker
