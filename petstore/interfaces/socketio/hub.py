"""The sessions of a process: their ids, their number, and the one that a request means (contract, Socket.IO).

A session's id names its process, so that every process of one `serve` can tell where a request belongs.
"""

import secrets
from collections import Counter
from typing import Final

from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams
from petstore.interfaces.socketio.connections import ChatConnection
from petstore.interfaces.socketio.engine import EngineRefusal, EngineSession
from petstore.interfaces.socketio.process import host_process
from petstore.server.request_pool import RequestPool
from petstore.server.siblings import own_name
from petstore.server.web_sockets import PER_NETWORK, PER_PROCESS

_SECRET_BYTES: Final = 18


class SessionHub:
    """The open sessions of this process. Used in its event loop only."""

    def __init__(self, pool: RequestPool, per_network: int = PER_NETWORK, per_process: int = PER_PROCESS) -> None:
        self._pool, self._per_network, self._per_process = pool, per_network, per_process
        self._sessions: dict[str, EngineSession] = {}
        self._networks: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def open_new_session(self, caller: SocketCaller) -> EngineSession:
        """Open a session.

        Raises:
            StreamLimitReached, TooManyStreams
        """
        network = caller.peer.network
        if host_process.is_ending or len(self._sessions) >= self._per_process:
            raise TooManyStreams
        if self._networks[network] >= self._per_network:
            raise StreamLimitReached
        name, secret = own_name(), secrets.token_urlsafe(_SECRET_BYTES)
        session_id = secret if name is None else f"{name}.{secret}"
        self._networks[network] += 1
        connection = ChatConnection(session_id, caller, self._pool, lambda: self._forget_session(session_id, network))
        self._sessions[session_id] = connection.engine
        return connection.engine

    def require_open_session(self, session_id: str) -> EngineSession:
        """Return an open session; raises EngineRefusal."""
        try:
            return self._sessions[session_id]
        except KeyError:
            raise EngineRefusal(1, "Session ID unknown") from None

    def end_all_sessions(self) -> None:
        """Close all sessions: clients that come again open new ones."""
        for session in list(self._sessions.values()):
            session.close_session()

    def _forget_session(self, session_id: str, network: str) -> None:
        del self._sessions[session_id]
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]


def read_process_name(session_id: str) -> str | None:
    """Return the name of the other process that a session's id names; None where it names this one, or none."""
    name, dot, _ = session_id.partition(".")
    return name if dot and name != own_name() else None
