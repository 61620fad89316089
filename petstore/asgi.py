"""The ASGI application, composed of Django's handler, the probes, live streams, web sockets and shared counters."""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
django.setup(set_prefix=False)

# Django has to be set up first
from chat.rooms.announcements import add_announcer  # noqa: E402
from petstore.interfaces.backoffice.room_streams import room_streams  # noqa: E402
from petstore.interfaces.http.refused_requests import build_refused_response  # noqa: E402
from petstore.interfaces.live.carriers.choice import choose_carrier  # noqa: E402
from petstore.interfaces.live.poller import order_poller  # noqa: E402
from petstore.interfaces.live.rooms import room_feed  # noqa: E402
from petstore.interfaces.monitoring.gauges import OPEN_CONNECTIONS  # noqa: E402
from petstore.interfaces.monitoring.metrics import REQUESTS, count_call  # noqa: E402
from petstore.interfaces.monitoring.probes import HealthProbes  # noqa: E402
from petstore.interfaces.rooms.registry import room_sessions  # noqa: E402
from petstore.interfaces.socketio.process import host_process  # noqa: E402
from petstore.server.asgi_application import ASGIApplication  # noqa: E402
from petstore.server.asgi_handler import ThreadedHandler  # noqa: E402
from petstore.server.checks import refuse_unsafe_start  # noqa: E402
from petstore.server.request_limits import MAX_FRAME, MAX_MESSAGE, MAX_PAYLOAD  # noqa: E402
from petstore.server.web_sockets import SocketRoute, open_sockets  # noqa: E402
from petstore.settings.addresses import CHAT_SOCKET_PATH, ORDER_SOCKET_PATH  # noqa: E402

refuse_unsafe_start()
add_announcer(room_feed.announce_change)
open_sockets.count_socket = OPEN_CONNECTIONS.count_socket
room_sessions.count_session = OPEN_CONNECTIONS.count_chat_session
host_process.count_call = count_call


def join_counters(number: int) -> None:
    """Count as the process of a number from now on."""
    REQUESTS.continue_as_process(number)
    OPEN_CONNECTIONS.begin_as_process(number)


def close_all_streams() -> None:
    """End the live streams, because this process is about to end."""
    order_poller.close_all_watches()
    room_streams.close_all_streams()
    host_process.end_all_sessions()


application = ASGIApplication(
    handler=ThreadedHandler(build_refused_response),
    probes=HealthProbes(),
    close_streams=close_all_streams,
    join_counters=join_counters,
    begin_carrying=lambda: room_feed.use_carrier(choose_carrier()),
    sockets=(
        SocketRoute(settings.GRAPHQL_PATH, "petstore.interfaces.graphql.sockets.serve_socket", MAX_MESSAGE),
        SocketRoute(CHAT_SOCKET_PATH, "petstore.interfaces.websocket.chat_sockets.serve_socket", MAX_FRAME),
        SocketRoute(ORDER_SOCKET_PATH, "petstore.interfaces.websocket.order_sockets.serve_socket", MAX_FRAME),
        SocketRoute(settings.SOCKET_IO_PATH, "petstore.interfaces.socketio.sockets.serve_socket", MAX_PAYLOAD),
    ),
    count_call=count_call,
)
