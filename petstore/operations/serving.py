"""Web processes and a background worker: `python -m petstore.operations.serving DESCRIPTOR WEB_PROCESSES`.

Everything is loaded once and then forked. The collector lets the loaded objects alone from then on: it would
write into their pages, and each process would get a copy.
"""

import gc
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from petstore.operations.lifeline import Lifeline
from petstore.operations.supervisor import Child, stop_on_signals, supervise
from petstore.operations.web import WebServer

MULTIPROC_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
WORKER = "petstore.management.commands.run_worker.Command"


def main() -> int:
    """Supervise the web processes on the given socket, and one background worker; returns the exit code."""
    descriptor, web_processes = int(sys.argv[1]), int(sys.argv[2])
    stop = stop_on_signals()
    with _shared_figures(web_processes):
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
    webs = [Child(f"web {n + 1}", server.run, lifeline) for n in range(web_processes)]
    return [*webs, Child("worker", worker, lifeline)]


@contextmanager
def _shared_figures(web_processes: int) -> Iterator[None]:
    """Where several processes keep their figures, so that each can tell those of all."""
    if web_processes == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="petstore-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[MULTIPROC_VARIABLE] = folder
        yield


if __name__ == "__main__":
    sys.exit(main())
