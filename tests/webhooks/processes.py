"""Processes that may send to the sink, as the tests start and kill them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings

from tests import processes
from tests.processes import Process
from tests.webhooks.sink import Sink


def running_process(sink: Sink, function: Callable[..., object], *arguments: object) -> AbstractContextManager[Process]:
    """The function in a process of its own on the run's database; killed at the end, if not before.

    Args:
        sink: what it may send to.
    """
    return processes.running(_call_with_receiver, sink.endpoint, function, *arguments)


def _call_with_receiver(endpoint: tuple[str, int], function: Callable[..., object], *arguments: object) -> None:
    settings.OUTBOUND_ALLOW = frozenset((endpoint,))
    function(*arguments)
