import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import override_settings

from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.server.asgi_handler import ThreadedHandler
from petstore.server.request_limits import MAX_UPLOAD

Message = Mapping[str, Any]

pytestmark = pytest.mark.django_db(transaction=True)


def _ask(path: str, *parts: bytes, leaves: bool = False) -> list[Message]:
    """What the handler sends to a caller whose body comes in parts, and who may leave before its end."""
    arriving: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    arriving.append({"type": "http.disconnect"} if leaves else {"type": "http.request", "more_body": False})
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0) if arriving else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    with override_settings(ROOT_URLCONF="tests.server.faulty_urls", MIDDLEWARE=[]):
        handler = ThreadedHandler(build_refused_response)
        asyncio.run(handler(scope, receive, send))
        handler.pool.end_threads()
    return sent


def _body(sent: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


def test_a_chunked_body_arrives_whole_and_with_its_length() -> None:
    assert _body(_ask("/echo", b"ab", b"cd")) == b"4 abcd"


def test_a_body_beyond_all_limits_is_refused_without_reading_it_all() -> None:
    sent = _ask("/echo", *[b"x" * 1024 * 1024] * (MAX_UPLOAD // (1024 * 1024) + 1))
    assert sent[0]["status"] == 400


def test_a_caller_who_leaves_gets_nothing() -> None:
    assert _ask("/echo", b"ab", leaves=True) == []


def test_a_stream_is_sent_to_its_end() -> None:
    sent = _ask("/count")
    assert _body(sent) == b"one two"
    assert not sent[-1].get("more_body", False)


def test_an_exception_is_an_answer() -> None:
    assert _ask("/fail")[0]["status"] == 500
