"""No request leaves for a private address, however it is spelt (contract, Webhooks; guarantees, G8)."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from outbound import ip_policy, targets
from outbound.client import parse_target_url, post_once
from outbound.errors import UnsafeUrl
from petstore.settings import environment
from tests.webhooks.sink import HERE, Sink, listening_sink
from tests.webhooks.spellings import NAMES_OF_SOMEBODY, SHOWN


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with listening_sink() as sink:
        yield sink


def _anything_is_here(_host: str) -> list[str]:
    """The most hostile resolver: whatever it is asked for is on this machine."""
    return [HERE]


@pytest.mark.parametrize("host", SHOWN + NAMES_OF_SOMEBODY)
def test_no_spelling_of_a_private_address_is_called(sink: Sink, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(targets, "PORTS", {sink.port})
    before = sink.count_connections()
    answer = post_once(sink.url(host=host), body=b"{}", headers={}, resolver=_anything_is_here)
    assert (answer.status, answer.error) == (None, "refused_address")
    assert sink.count_connections() == before


def test_the_spellings_are_as_many_as_promised() -> None:
    assert len(set(SHOWN + NAMES_OF_SOMEBODY)) >= 80


@pytest.mark.parametrize("host", [HERE, "localhost", "2130706433", "0x7f000001", "017700000001", "127.1"])
def test_a_client_without_a_wall_does_call_them(sink: Sink, host: str) -> None:
    before = sink.count_connections()
    httpx.post(sink.url(host=host), trust_env=False)
    assert sink.count_connections() == before + 1


@pytest.mark.parametrize("host", SHOWN)
def test_what_shows_is_refused_when_the_url_is_given(host: str) -> None:
    with pytest.raises(UnsafeUrl) as refusal:
        parse_target_url(f"http://{host}/hook", field="callbackUrl")
    assert [fault.field for fault in refusal.value.faults] == ["callbackUrl"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "127.0.0.1",
        "//example.com/hook",
        "http:/example.com/hook",
        "http:example.com",
        "http:///hook",
        "http://",
        "http://:80/hook",
        "file:///etc/passwd",
        "ftp://example.com/hook",
        "gopher://example.com/hook",
        "javascript:alert(1)",
        "https://alice:secret@example.com/hook",
        "https://alice@example.com/hook",
        "https://example.com/hook#there",
        "https://example.com/ho ok",
        "https://example.com/hook\r\nX-Injected: yes",
        "https://example.com/\ud800",
        "https://example.com/\u202ekooh",
        "https://example..com/hook",
        "https://-example.com/hook",
        "https://exam_ple.c_m/hook",
        f"https://{'a' * 64}.com/hook",
        f"https://{'a.' * 127}com/hook",
        f"https://example.com/{'a' * 2000}",
        "https://example.com:port/hook",
        "https://example.com:0/hook",
        "https://example.com:22/hook",
        "https://example.com:8443/hook",
        "https://example.com:99999999/hook",
        "https://example.com:-443/hook",
    ],
)
def test_what_is_no_proper_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnsafeUrl) as refusal:
        parse_target_url(url)
    assert not url or url not in refusal.value.detail
    assert "secret" not in refusal.value.detail


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.com/hook", "example.com"),
        ("HTTPS://Example.COM/hook", "example.com"),
        ("https://example.com:443/hook", "example.com"),
        ("http://example.com:443/hook", "example.com:443"),
        ("https://my_shop.example.com/hook", "my_shop.example.com"),
        ("https://bücher.example/hook", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/hook", "xn--bcher-kva.example"),
        ("https://8.8.8.8/hook", "8.8.8.8"),
        ("https://[2606:4700:0::1111]/hook", "[2606:4700::1111]"),
    ],
)
def test_a_public_host_is_taken_in_its_plain_form(url: str, authority: str) -> None:
    assert parse_target_url(url).host_and_port == authority


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.com", "/"),
        ("https://example.com?shop=1", "/?shop=1"),
        ("https://example.com/a%2Fb?c=%20&d=é", "/a%2Fb?c=%20&d=%C3%A9"),
    ],
)
def test_path_and_query_are_kept_as_they_are_sent(url: str, path: str) -> None:
    assert parse_target_url(url).path == path


def test_a_receiver_on_the_list_is_let_in(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {sink.endpoint}
    before = sink.count_connections()
    assert post_once(sink.url(), body=b"{}", headers={}).status == 200
    assert sink.count_connections() == before + 1


@pytest.mark.parametrize("allowed", [("localhost", 0), ("127.0.0.2", 0), (HERE, 1), ("example.com", 0)])
def test_the_list_means_the_very_host_and_port(sink: Sink, settings: Settings, allowed: tuple[str, int]) -> None:
    host, offset = allowed
    settings.OUTBOUND_ALLOW = {(host, sink.port + offset)}
    before = sink.count_connections()
    assert post_once(sink.url(), body=b"{}", headers={}).error == "refused_address"
    assert sink.count_connections() == before


def test_the_list_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", "Localhost:9000, [0:0::1]:443")
    assert environment.read_endpoint_list("OUTBOUND_ALLOW") == {("localhost", 9000), ("::1", 443)}


def test_an_address_on_the_list_is_found_in_any_of_its_spellings(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("::1", 9000)}
    assert parse_target_url("http://[0:0:0:0:0:0:0:1]:9000/hook").is_allowed


@given(st.ip_addresses())
def test_nothing_that_the_registries_reserve_is_public(address: IPv4Address | IPv6Address) -> None:
    if ip_policy.is_public_address(address):
        assert address.is_global
        assert not address.is_multicast


@given(
    st.ip_addresses(v=6, network="::/3")
    | st.ip_addresses(v=6, network="4000::/2")
    | st.ip_addresses(v=6, network="8000::/1")
)
def test_outside_of_global_unicast_nothing_is_public(address: IPv6Address) -> None:
    assert not ip_policy.is_public_address(address)


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{1,30}(:[0-9]{1,5})?(/.{0,9})?", fullmatch=True))
def test_whatever_is_given_is_read_or_refused(url: str) -> None:
    try:
        target = parse_target_url(url)
    except UnsafeUrl:
        return
    literal = ip_policy.parse_ip_address(target.host)
    assert literal is None or ip_policy.is_public_address(literal)
    with pytest.raises(OSError, match=r".*"):
        socket.inet_aton(target.host if literal is None else "no address")
