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

from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from petstore.server.asgi_application import ASGIApplication
from petstore.server.file_descriptors import raise_limit
from petstore.server.parent_watchdog import Lifeline
from petstore.server.reloads import TRIAL, Predecessors, Reload
from petstore.server.stop_signals import stop_on_signals
from petstore.server.supervisor import Child, supervise
from petstore.server.web_process import WebServer

WORKER = "run_worker"
"""The command that runs the background worker."""


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
    _load_application()
    _load_worker()
    call_command("check")
    return 0


def _load_application() -> ASGIApplication:
    """Set Django up and import all views, which the first lookup of an address does."""
    application: ASGIApplication = import_string(settings.ASGI_APPLICATION)
    reverse("admin:index")
    return application


def _load_worker() -> BaseCommand:
    return load_command_class(get_commands()[WORKER], WORKER)


def _children(listeners: Sequence[socket.socket], lifeline: Lifeline, serves: int) -> list[Child]:
    """Load everything and return all children, ready to be forked."""
    application = _load_application()
    worker = partial(call_command, _load_worker())
    webs = [
        Child(f"web {number}", partial(_serve, application, listener, number, serves), lifeline)
        for number, listener in enumerate(listeners, start=1)
    ]
    return [*webs, Child("worker", worker, lifeline)]


def _serve(application: ASGIApplication, listener: socket.socket, number: int, serves: int) -> None:
    application.join_counters(number)
    WebServer(listener, application).run(lambda: os.write(serves, b"."))


if __name__ == "__main__":
    sys.exit(main())
