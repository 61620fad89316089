"""Web processes and a background worker: `python -m petstore.operations.serving DESCRIPTOR WEB_PROCESSES`.

Everything is loaded once and then forked. The collector lets the loaded objects alone from then on: it would
write into their pages, and each process would get a copy.
"""

import gc
import socket
import sys
from functools import partial

from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from petstore import asgi  # noqa: F401  # it sets Django up, which the models behind the figures need
from petstore.operations.descriptors import raise_limit
from petstore.operations.lifeline import Lifeline
from petstore.operations.metrics import REQUESTS
from petstore.operations.supervisor import Child, stop_on_signals, supervise
from petstore.operations.web import WebServer

WORKER = "petstore.management.commands.run_worker.Command"


def main() -> int:
    """Supervise the web processes on the given socket, and one background worker; returns the exit code."""
    descriptor, web_processes = int(sys.argv[1]), int(sys.argv[2])
    stop = stop_on_signals()
    raise_limit()
    children = _children(socket.socket(fileno=descriptor), web_processes)
    connections.close_all()  # a connection cannot be shared
    gc.collect()
    gc.freeze()
    return supervise(children, stop)


def _children(listener: socket.socket, web_processes: int) -> list[Child]:
    """All of them, loaded. The worker goes by its name, for its models need what the web server sets up."""
    server, lifeline = WebServer(listener), Lifeline.open()
    reverse("admin:index")  # the first address that is asked for imports all views
    worker = partial(call_command, import_string(WORKER)())
    webs = [Child(f"web {n}", partial(_serve, server, n), lifeline) for n in range(1, web_processes + 1)]
    return [*webs, Child("worker", worker, lifeline)]


def _serve(server: WebServer, number: int) -> None:
    REQUESTS.enter(number)
    server.run()


if __name__ == "__main__":
    sys.exit(main())
