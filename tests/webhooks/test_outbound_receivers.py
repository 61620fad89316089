"""Receivers of all kinds: every exchange ends, in time, with a word for the failure."""

import socket
import struct
import time
from collections.abc import Iterator
from functools import partial
from threading import Event

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from outbound import client
from outbound.client import MAX_RETRY_AFTER, Response, post_once
from outbound.connections import MAX_BYTES
from tests.concurrency import run_together
from tests.webhooks.sink import (
    PATIENCE,
    Behaviour,
    Sink,
    answer_with,
    drip_slowly,
    listening_sink,
    send_endlessly,
    send_only,
    stay_silent,
)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE_BODY = b" " * 32_000_000
"""More than the system's buffers hold."""


@pytest.fixture
def sink(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)
    with listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        yield sink


def _send(sink: Sink, body: bytes = b"{}", **headers: str) -> Response:
    return post_once(sink.url(), body=body, headers=headers)


def _summary_of(answer: Response) -> tuple[int | None, str, bool]:
    return answer.status, answer.error, answer.is_success


def _reset_connection(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_what_is_sent_arrives_byte_for_byte(sink: Sink, settings: Settings) -> None:
    body = '{"name": "Zoë"}'.encode()
    post_once(sink.url("/hook?shop=1"), body=body, headers={"Content-Type": "application/json", "webhook-id": "1"})
    (request,) = sink.received
    assert (request.line, request.body) == ("POST /hook?shop=1 HTTP/1.1", body)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["webhook-id"] == "1"
    assert request.headers.get_all("Content-Length") == [str(len(body))]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(sink: Sink, status: int) -> None:
    sink.behaviour = answer_with(status)
    assert _summary_of(_send(sink)) == (status, "", True)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503, 599, 999])
def test_any_other_answer_is_a_failure_with_its_status(sink: Sink, status: int) -> None:
    sink.behaviour = answer_with(status)
    assert _summary_of(_send(sink)) == (status, "", False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_even_to_where_we_may_go(sink: Sink, settings: Settings, status: int) -> None:
    with listening_sink() as beyond:
        settings.OUTBOUND_ALLOW = {sink.endpoint, beyond.endpoint}
        sink.behaviour = answer_with(status, head=f"Location: {beyond.url()}\r\n")
        assert _summary_of(_send(sink)) == (status, "redirect", False)
        assert beyond.count_connections() == 0
        assert _summary_of(post_once(beyond.url(), body=b"{}", headers={})) == (200, "", True)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_passed_by(sink: Sink, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with listening_sink() as proxy:
        monkeypatch.setenv(name, proxy.url(""))
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert _send(sink).status == 200
        assert (sink.count_connections(), proxy.count_connections()) == (1, 0)


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        pytest.param(stay_silent, (None, "timeout", False), id="silent"),
        pytest.param(drip_slowly(b"", b"H", 100), (None, "timeout", False), id="drips its status"),
        pytest.param(drip_slowly(OK, b"X: y\r\n", 100), (None, "timeout", False), id="drips its head"),
        pytest.param(drip_slowly(OK + b"\r\n", b"x", 100), (200, "timeout", True), id="drips its body"),
        pytest.param(drip_slowly(CHUNKED, b"1\r\nx\r\n", 100), (200, "timeout", True), id="drips chunks"),
        pytest.param(send_endlessly(OK + b"\r\n", b"x" * 999), (200, "too_large", True), id="endless body"),
        pytest.param(send_endlessly(CHUNKED, b"1\r\nx\r\n"), (200, "too_large", True), id="endless chunks"),
        pytest.param(send_endlessly(CHUNKED + b"1;", b"x"), (200, "too_large", True), id="endless chunk extension"),
        pytest.param(send_endlessly(OK, b"X: y\r\n"), (None, "too_large", False), id="endless head"),
        pytest.param(send_endlessly(b"", b"H"), (None, "too_large", False), id="endless status"),
        pytest.param(
            send_endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (None, "too_large", False), id="endless 100 Continue"
        ),
        pytest.param(answer_with(body=b"x" * 2 * MAX_BYTES), (200, "too_large", True), id="huge body"),
        pytest.param(answer_with(500, body=b"x" * 2 * MAX_BYTES), (500, "too_large", False), id="huge error"),
        pytest.param(answer_with(head=f"X: {'y' * MAX_BYTES}\r\n"), (None, "too_large", False), id="huge head"),
        pytest.param(send_only(b""), (None, "connection", False), id="hangs up"),
        pytest.param(_reset_connection, (None, "connection", False), id="resets"),
        pytest.param(send_only(OK), (None, "protocol", False), id="hangs up amid its head"),
        pytest.param(
            send_only(OK + b"Content-Length: 9\r\n\r\nx"), (200, "protocol", True), id="hangs up amid its body"
        ),
        pytest.param(send_only(CHUNKED + b"x\r\n"), (200, "protocol", True), id="chunks are garbage"),
        pytest.param(send_only(b"\x16\x03\x01\x00\x00"), (None, "protocol", False), id="speaks something else"),
        pytest.param(send_only(b"220 mail.example ESMTP\r\n"), (None, "protocol", False), id="mail server"),
        pytest.param(send_only(b"HTTP/1.1 2000 OK\r\n\r\n"), (None, "protocol", False), id="status of four digits"),
        pytest.param(send_only(OK + b"Content-Length: x\r\n\r\n"), (None, "protocol", False), id="length is no number"),
        pytest.param(send_only(b"HTTP/1.1 101 Go\r\n\r\n"), (None, "protocol", False), id="switches protocols"),
        pytest.param(answer_with(body=b"x" * (MAX_BYTES - 100)), (200, "", True), id="large but not too large"),
    ],
)
def test_a_rude_receiver_gets_its_end(
    sink: Sink, behaviour: Behaviour, told: tuple[int | None, str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    if told[1] != "timeout":  # it ends by itself, however slow a busy machine is
        monkeypatch.setattr(client, "TOTAL_SECONDS", float(PATIENCE))
    sink.behaviour = behaviour
    assert _summary_of(_send(sink)) == told


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from([b"", b"HTTP/1.1 ", OK, OK + b"Retry-After: ", CHUNKED]), rest=st.binary(max_size=200))
def test_no_garbage_is_too_much(sink: Sink, start: bytes, rest: bytes) -> None:
    sink.behaviour = send_only(start + rest)
    assert _send(sink).error in {"", "connection", "protocol"}


def test_a_receiver_that_takes_the_request_in_sips_is_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.3)
    sips: list[int] = []
    left = Event()

    def sip(connection: socket.socket) -> None:
        while sipped := connection.recv(200_000):
            sips.append(len(sipped))
            time.sleep(0.02)
        left.set()

    with listening_sink(sip, reads=False) as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        assert _summary_of(_send(sink, LARGE_BODY)) == (None, "timeout", False)
        assert left.wait(PATIENCE)
    assert sum(sips) < len(LARGE_BODY)


def test_an_answer_before_the_request_was_read_counts(settings: Settings) -> None:
    def refuse(connection: socket.socket) -> None:
        answer_with(413)(connection)
        time.sleep(0.1)  # a reset may overtake what was sent just before it
        _reset_connection(connection)

    with listening_sink(refuse, reads=False) as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        assert _send(sink, LARGE_BODY).status == 413


def test_nobody_there_is_a_failed_connection(settings: Settings) -> None:
    with listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
    assert _summary_of(_send(sink)) == (None, "connection", False)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", ""),
        (b"thank you", "thank you"),
        ("schönen Dank".encode(), "schönen Dank"),
        (b"<p>\r\n\toops\x00\x1b[31m</p>", "<p> oops [31m</p>"),
        ("\u202eevil\u2028line\ue000".encode(), "evil line"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 5000, "x" * 1000),
        ("é".encode() * 5000, "é" * 1000),
    ],
)
def test_the_beginning_of_the_answer_is_kept_in_printable_characters(sink: Sink, body: bytes, kept: str) -> None:
    sink.behaviour = answer_with(500, body=body)
    assert _send(sink).body == kept


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("9999999999", MAX_RETRY_AFTER),
        ("Fri, 01 Jan 2100 00:00:00 GMT", MAX_RETRY_AFTER),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0),
        ("99999999999999999999", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
        ("Mon, 99 Jan 2024 99:00:00 GMT", None),
        ("", None),
    ],
)
def test_a_receiver_may_ask_us_to_wait(sink: Sink, text: str, seconds: int | None) -> None:
    sink.behaviour = answer_with(503, head=f"Retry-After: {text}\r\n")
    assert _send(sink).retry_after == seconds


def test_a_receiver_that_asks_for_nothing_is_not_waited_for(sink: Sink) -> None:
    assert _send(sink).retry_after is None


def test_sixty_four_threads_send_at_once(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_SECONDS", 30.0)

    def send_many(number: int) -> list[int | None]:
        return [_send(sink, f"{number} {turn}".encode()).status for turn in range(5)]

    outcome = run_together([partial(send_many, number) for number in range(64)])
    assert outcome.errors == []
    assert outcome.results == [[200] * 5] * 64
    assert len({request.body for request in sink.received}) == 64 * 5
