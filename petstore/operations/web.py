"""One web process: `python -m petstore.operations.web DESCRIPTOR` serves the socket that its parent listens on."""

import socket
import sys

import uvicorn

from petstore.operations import lifeline

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 15


def main() -> None:
    """Serve until SIGTERM; requests under way get a few seconds."""
    lifeline.hold()
    config = uvicorn.Config(
        "petstore.asgi:application",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
