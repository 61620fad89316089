"""Listening sockets: one for each web process, at one address."""

import select
import socket
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
from django.core.management.base import CommandError

from petstore.server.listener import SPREADS, listen, spread

CALLERS = 64


def _taken_by_each(listeners: Sequence[socket.socket], stack: ExitStack) -> list[int]:
    """How many of the callers that wait are in each socket's queue."""
    taken = [0] * len(listeners)
    for number, listener in enumerate(listeners):
        while select.select([listener], [], [], 0.2)[0]:
            stack.enter_context(listener.accept()[0])
            taken[number] += 1
    return taken


@pytest.mark.skipif(not SPREADS, reason="only Linux spreads connections among sockets")
def test_callers_who_come_at_once_are_spread_over_the_processes() -> None:
    with ExitStack() as stack:
        listeners = spread(stack.enter_context(listen("127.0.0.1", 0)), 2)
        stack.enter_context(listeners[1])
        for _ in range(CALLERS):
            stack.enter_context(socket.create_connection(listeners[0].getsockname()))
        taken = _taken_by_each(listeners, stack)
    assert sum(taken) == CALLERS
    assert min(taken) > CALLERS // 8


def test_one_process_has_the_one_socket() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert spread(listener, 1) == [listener]


def test_a_port_where_another_store_is_served_is_taken() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(CommandError, match="Cannot listen"):
        listen("127.0.0.1", listener.getsockname()[1])
