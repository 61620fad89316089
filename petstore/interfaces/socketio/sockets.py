"""Web sockets of Socket.IO: of sessions that begin with one, and of those that have polled until now."""

from urllib.parse import parse_qs

from kernel.caller import NO_CREDENTIALS
from kernel.errors import DomainError
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.entry.socket_handshakes import read_handshake
from petstore.interfaces.socketio.engine import EngineRefusal
from petstore.interfaces.socketio.exchange import SessionRequest, build_refusal_reply, serve_session_socket
from petstore.server.web_sockets import WebSocket, open_sockets

COME_AGAIN = "Too many sockets are open, or the server stops; come again."


async def serve_socket(socket: WebSocket) -> None:
    """Serve one web socket to its end; raises Refused for a handshake that no request may have."""
    handshake = read_handshake(socket.scope)
    caller = SocketCaller(NO_CREDENTIALS, handshake.tenant, handshake.peer)
    with open_sockets.keep_socket(socket, handshake.peer.network) as refusal:
        if refusal is not None:
            await _send_away(socket)
            return
        try:
            await serve_session_socket(socket, _read_request(socket), caller)
        except EngineRefusal as error:
            reply = build_refusal_reply(error)
            headers = [(b"Content-Type", reply.media_type.encode()), (b"Content-Length", b"%d" % len(reply.body))]
            await socket.refuse_handshake(reply.status, headers, reply.body)
        except DomainError:
            await _send_away(socket)


async def _send_away(socket: WebSocket) -> None:
    """Refuse the handshake: where a socket is closed at once, python-socketio's client never comes again."""
    headers = [(b"Content-Type", b"text/plain"), (b"Content-Length", b"%d" % len(COME_AGAIN)), (b"Retry-After", b"5")]
    await socket.refuse_handshake(503, headers, COME_AGAIN.encode())


def _read_request(socket: WebSocket) -> SessionRequest:
    query = parse_qs(socket.scope["query_string"].decode("latin-1"))
    given = {name: values[0] for name, values in query.items()}
    return SessionRequest(given.get("transport"), given.get("EIO"), given.get("sid"))
