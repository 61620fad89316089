"""TLS receivers have to prove the name that was given, wherever its address came from."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from outbound import client
from outbound.client import Response, post_once
from outbound.connections import load_system_trust
from tests.webhooks.sink import HERE, Sink, drip_slowly, listening_sink, send_only

CERTIFICATE = Path(__file__).with_name("hooks_example.pem")
OWNER = "hooks.example"


@pytest.fixture
def names() -> list[str | None]:
    """Names that clients called the receiver by, in their first TLS message (RFC 6066, 3)."""
    return []


@pytest.fixture
def sink(settings: Settings, names: list[str | None]) -> Iterator[Sink]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.sni_callback = lambda _connection, name, _context: names.append(name)
    with listening_sink(tls=context) as sink:
        settings.OUTBOUND_ALLOW = {(host, sink.port) for host in (OWNER, "other.example", HERE)}
        yield sink


def _send(sink: Sink, host: str = OWNER, tls: ssl.SSLContext | None = None) -> Response:
    return post_once(
        sink.url(scheme="https", host=host), body=b"{}", headers={}, resolver=lambda _host: [HERE], tls=tls
    )


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def test_a_certificate_that_the_receiver_made_itself_is_refused(sink: Sink) -> None:
    assert _send(sink).error == "tls"
    assert (sink.count_connections(), sink.received) == (1, [])


def test_a_trusted_certificate_for_the_name_is_taken(sink: Sink, names: list[str | None]) -> None:
    assert _send(sink, tls=_trusting()).status == 200
    assert names == [OWNER]
    assert [request.headers["Host"] for request in sink.received] == [f"{OWNER}:{sink.port}"]


@pytest.mark.parametrize("host", ["other.example", HERE])
def test_a_trusted_certificate_for_another_name_is_refused(sink: Sink, host: str) -> None:
    assert _send(sink, host, _trusting()).error == "tls"
    assert sink.received == []


def test_the_environment_does_not_say_whom_to_trust(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    load_system_trust.cache_clear()
    assert _send(sink).error == "tls"


def test_a_receiver_without_tls_is_refused(settings: Settings) -> None:
    with listening_sink(send_only(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), reads=False) as sink:
        settings.OUTBOUND_ALLOW = {(OWNER, sink.port)}
        assert _send(sink, tls=_trusting()).error == "tls"


def test_a_handshake_that_drips_ends_in_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)
    hello = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"
    with listening_sink(drip_slowly(hello, b"\x00", 100), reads=False) as sink:
        settings.OUTBOUND_ALLOW = {(OWNER, sink.port)}
        assert _send(sink, tls=_trusting()).error == "timeout"
