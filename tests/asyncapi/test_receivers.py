"""Test clients that see a wrong frame fail their test: the controls of the checks in them."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.asyncapi.test_checking import example_of
from tests.rest.listening import parsed
from tests.socketio.client import Seen as SeenEvent
from tests.socketio.client import see_payload
from tests.webhooks.sink import HERE, listening_sink
from tests.websocket.client import CHAT, Seen, see_frame


def send_webhook(port: int, body: object) -> None:
    with closing(HTTPConnection(HERE, port)) as connection:
        connection.request("POST", "/hook", json.dumps(body), {"X-Webhook-Signature": "sha256=0"})
        assert connection.getresponse().status == 200


def test_a_wrong_webhook_is_found_at_the_end() -> None:
    event = example_of("webhooks", "orderStatusChanged")
    with listening_sink() as polite:
        send_webhook(polite.port, event)
    with pytest.raises(AssertionError, match="previousStatus"), listening_sink() as sink:  # its end raises
        send_webhook(sink.port, event | {"data": event["data"] | {"previousStatus": "placed"}})


def test_a_wrong_server_sent_event_is_found() -> None:
    data = example_of("orderEventStream", "paymentFailed")
    assert parsed(f"id: 1\nevent: payment.failed\ndata: {json.dumps(data)}\n\n".encode())
    with pytest.raises(AssertionError, match=r"payment\.failed"):
        parsed(b'id: 1\nevent: payment.failed\ndata: {"payment": null}\n\n')


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_wrong_frame_of_a_web_socket_is_found(is_ours: bool) -> None:
    kind = "connected" if is_ours else "joinRoom"
    frame = example_of("supportChat", kind)
    assert see_frame(Seen(CHAT, is_ours, frame)) == frame
    with pytest.raises(AssertionError, match=kind):
        see_frame(Seen(CHAT, is_ours, frame | {"room": 7}))


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_wrong_event_of_socketio_is_found(is_ours: bool) -> None:
    name = "typing"
    payload = example_of("socketIo", "typing" if is_ours else "setTyping")
    assert see_payload(SeenEvent(name, is_ours, payload)) == payload
    with pytest.raises(AssertionError, match=name):
        see_payload(SeenEvent(name, is_ours, payload | {"isTyping": "yes"}))
