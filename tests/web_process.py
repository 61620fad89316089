"""One web process of `serve`'s, without a worker, on a socket that it is given: `python -m tests.web_process FD`."""

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60
STUCK = "STUCK_SECONDS"
"""Names the variable that has the process end no sooner, and a thread keep the interpreter to itself meanwhile."""


@contextmanager
def web_process(variables: Mapping[str, str] | None = None) -> Iterator[int]:
    """The port of one on the run's own database, for as long as the block lasts."""
    with mortal_web_process(variables) as (port, _):
        yield port


@contextmanager
def mortal_web_process(variables: Mapping[str, str] | None = None) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The same, with the process, for a test that kills it."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test", **(variables or {})}
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        command = (sys.executable, "-m", "tests.web_process", str(listener.fileno()))
        process = subprocess.Popen(  # noqa: S603  # a command line of our own
            command, cwd=ROOT, env=environment, pass_fds=[listener.fileno()]
        )
        try:
            yield int(listener.getsockname()[1]), process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def main() -> None:
    """Serve until SIGTERM."""
    from petstore.asgi import application  # noqa: PLC0415  # it sets Django up, in this process only
    from petstore.server.web_process import WebServer  # noqa: PLC0415  # as above

    WebServer(socket.socket(fileno=int(sys.argv[1])), application).serve_until_stopped()
    ctypes.PyDLL(None).sleep(int(os.environ.get(STUCK, "0")))
    os._exit(0)  # as a forked process ends: granian's threads outlive its server by a moment


if __name__ == "__main__":
    main()
