"""Web processes, gRPC's and a background worker: `python -m petstore.server.processes DESCRIPTOR,…[+DESCRIPTOR][-]`.

Each web process has a listening socket, which the supervisor keeps open: waiting connections outlive the process.

Everything is loaded once and then forked. The loaded objects are frozen for the garbage collector, which would
otherwise write into their pages, and each process would get a copy.
"""

import gc
import os
import socket
import sys
from functools import partial

from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from petstore.server.asgi_application import ASGIApplication
from petstore.server.file_descriptors import raise_file_limit
from petstore.server.grpc_process import serve_grpc_at
from petstore.server.heartbeats import Beat, grpc_heartbeat
from petstore.server.listener import ServingSockets
from petstore.server.parent_watchdog import ParentWatchdog
from petstore.server.reloads import TRIAL, Predecessors, Reload
from petstore.server.siblings import join_siblings, prepare_sibling_folder, remove_sibling_folder
from petstore.server.stop_signals import stop_on_signals
from petstore.server.supervisor import Child, supervise_children, write_to_log
from petstore.server.web_process import WebServer

WORKER = "run_worker"
"""The command that runs the background worker."""
GRPC_PROCESS = 65
"""Its number among the processes that count their calls: beyond those of all web processes."""


def supervise_all_processes() -> int:
    """Supervise a web process for each of the given sockets, gRPC's and the worker; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments == [TRIAL]:
        return _run_trial()
    sockets = ServingSockets.parse_argument(arguments[0])
    stop, watchdog = stop_on_signals(), ParentWatchdog.open_for_parent()
    raise_file_limit()
    ready, ready_writer = os.pipe()
    children = _load_all_children(sockets, watchdog, ready_writer)
    predecessors = Predecessors(arguments, ready, len(sockets.webs) + (sockets.grpc is not None))
    reload = Reload(arguments, watchdog, predecessors)
    if prepare_sibling_folder() is None:
        write_to_log("No temporary folder can be made: the web processes do not reach one another")
    connections.close_all()  # a connection cannot be shared
    gc.collect()
    gc.freeze()
    code = supervise_children(children, stop, (predecessors.end_when_replaced, reload.run_next_step))
    predecessors.stop_all()
    remove_sibling_folder()
    return code


def _run_trial() -> int:
    """Load and check everything without starting it: an error in new code ends this process only."""
    _load_asgi_application()
    _load_worker_command()
    call_command("check")
    if settings.GRPC_PORT:
        import_string(settings.GRPC_SERVER)
    return 0


def _load_asgi_application() -> ASGIApplication:
    """Set Django up and import all views, which the first lookup of an address does."""
    application: ASGIApplication = import_string(settings.ASGI_APPLICATION)
    reverse("admin:index")
    return application


def _load_worker_command() -> BaseCommand:
    return load_command_class(get_commands()[WORKER], WORKER)


def _load_all_children(sockets: ServingSockets, watchdog: ParentWatchdog, ready_pipe: int) -> list[Child]:
    """Load the application and the worker, and return all children, ready to be forked."""
    application = _load_asgi_application()
    children = [
        Child(f"web {number}", partial(_serve_web_process, application, listener, number, ready_pipe), watchdog)
        for number, listener in enumerate(sockets.webs, start=1)
    ]
    if sockets.grpc is not None:
        grpc_heartbeat.note_heartbeat(Beat.EXPECTED)
        children.append(Child("grpc", partial(_serve_grpc_process, application, sockets.grpc, ready_pipe), watchdog))
    if sockets.has_worker:
        children.append(Child("worker", partial(call_command, _load_worker_command()), watchdog))
    return children


def _serve_web_process(application: ASGIApplication, listener: socket.socket, number: int, ready_pipe: int) -> None:
    application.join_counters(number)
    join_siblings(number)
    application.begin_carrying()
    WebServer(listener, application).serve_until_stopped(lambda: os.write(ready_pipe, b"."))


def _serve_grpc_process(application: ASGIApplication, reserved: socket.socket, ready_pipe: int) -> None:
    application.join_counters(GRPC_PROCESS)
    serve_grpc_at(reserved, lambda: os.write(ready_pipe, b"."))


if __name__ == "__main__":
    sys.exit(supervise_all_processes())
