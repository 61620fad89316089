"""Web processes and a background worker: `python -m petstore.server.processes DESCRIPTOR,…`.

Each web process has a listening socket, which the supervisor keeps open: what waits in it outlives the process.

Everything is loaded once and then forked. The collector lets the loaded objects alone from then on: it would
write into their pages, and each process would get a copy.
"""

import gc
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from petstore import asgi  # noqa: F401  # it sets Django up, which the models behind the figures need
from petstore.interfaces.monitoring.metrics import REQUESTS
from petstore.server.file_descriptors import raise_limit
from petstore.server.parent_watchdog import Lifeline
from petstore.server.reloads import TRIAL, Predecessors, Reload
from petstore.server.supervisor import Child, stop_on_signals, supervise
from petstore.server.web_process import WebServer

WORKER = "petstore.interfaces.commands.run_worker.Command"


def main() -> int:
    """Supervise a web process for each of the given sockets, and one background worker; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments == [TRIAL]:
        return _try_to_load()
    descriptors = [int(descriptor) for descriptor in arguments[0].split(",")]
    stop, lifeline = stop_on_signals(), Lifeline.open()
    raise_limit()
    ready, serves = os.pipe()
    children = _children([socket.socket(fileno=descriptor) for descriptor in descriptors], lifeline, serves)
    predecessors = Predecessors(arguments, ready, len(descriptors))
    reload = Reload(arguments, lifeline, predecessors)
    connections.close_all()  # a connection cannot be shared
    gc.collect()
    gc.freeze()
    code = supervise(children, stop, (predecessors.go_on, reload.go_on))
    predecessors.end()
    return code


def _try_to_load() -> int:
    """Load and check everything, and start nothing: what is wrong with new code ends this process only."""
    _load()
    call_command("check")
    return 0


def _load() -> Any:
    """The worker's command. The first address that is asked for imports all views."""
    reverse("admin:index")
    return import_string(WORKER)()


def _children(listeners: Sequence[socket.socket], lifeline: Lifeline, serves: int) -> list[Child]:
    """All of them, loaded. The worker goes by its name, for its models need what the web server sets up."""
    worker = partial(call_command, _load())
    webs = [
        Child(f"web {number}", partial(_serve, WebServer(listener), number, serves), lifeline)
        for number, listener in enumerate(listeners, start=1)
    ]
    return [*webs, Child("worker", worker, lifeline)]


def _serve(server: WebServer, number: int, serves: int) -> None:
    REQUESTS.enter(number)
    server.run(lambda: os.write(serves, b"."))


if __name__ == "__main__":
    sys.exit(main())
