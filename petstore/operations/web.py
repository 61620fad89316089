"""The web server: one process of it, on a socket that others may share."""

import socket

import uvicorn
from django.utils.module_loading import import_string

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 15
WATCHES = "petstore.watching.watches"


class _Server(uvicorn.Server):
    """Ends the live streams, which would go on for minutes, before it waits for the other answers under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        import_string(WATCHES).close()  # loaded with the application: its models need what that sets up
        await super().shutdown(sockets)


class WebServer:
    """The application and its server, loaded and ready to be forked: nothing is connected, no loop or thread runs."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._config = uvicorn.Config(
            "petstore.asgi:application",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._config.get_loop_factory()

    def run(self) -> None:
        """Serve until SIGTERM; requests under way get a few seconds."""
        _Server(self._config).run(sockets=[self._listener])
