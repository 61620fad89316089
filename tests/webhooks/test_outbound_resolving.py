"""A name is resolved once, and what was checked is what is called (guarantees, G8)."""

import socket
from collections.abc import Iterator, Sequence
from functools import partial
from ipaddress import ip_address
from itertools import chain, cycle, repeat
from threading import Event

import pytest
from pytest_django import Settings

from outbound import client, connections, ip_policy, targets
from outbound.client import Response, parse_target_url, post_once
from outbound.connections import Resolver
from tests.concurrency import run_together
from tests.webhooks.sink import HERE, Sink, listening_sink

PUBLIC = "3ffe::1"
"""Global unicast that nobody routes any more (RFC 3701): a call to it goes nowhere."""
ELSEWHERE = "127.0.0.2"
"""On loopback, too, but no sink is there."""


class Flipping:
    """A resolver that says something else each time, the last thing for ever; it keeps what it was asked for."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = chain(answers, repeat(answers[-1]))
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return next(self._answers)


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """One at a port where public receivers may be, so that its address alone can keep us from it."""
    with listening_sink() as sink:
        monkeypatch.setattr(targets, "PORTS", {sink.port})
        monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
        yield sink


def _send(sink: Sink, resolver: Resolver) -> Response:
    return post_once(sink.url(host="hooks.example"), body=b"{}", headers={}, resolver=resolver)


def test_a_second_answer_is_never_asked_for(sink: Sink) -> None:
    resolver = Flipping([PUBLIC], [HERE])
    assert _send(sink, resolver).status is None
    assert resolver.asked == ["hooks.example"]
    assert sink.count_connections() == 0


def test_a_client_that_checks_one_answer_and_calls_another_is_led_astray(sink: Sink) -> None:
    resolver = Flipping([PUBLIC], [HERE])
    target = parse_target_url(sink.url(host="hooks.example"))
    assert ip_policy.is_public_address(ip_address(resolver(target.host)[0]))
    socket.create_connection((resolver(target.host)[0], target.port)).close()
    assert sink.count_connections() == 1


@pytest.mark.parametrize(
    "answer",
    [
        [HERE],
        [PUBLIC, HERE],
        [HERE, PUBLIC],
        ["::1", "::ffff:127.0.0.1"],
        ["8.8.8.8", "169.254.169.254"],
        ["fe80::1%lo"],
        ["localhost"],
        ["127.1"],
    ],
)
def test_one_bad_address_spoils_the_name(sink: Sink, answer: list[str]) -> None:
    assert _send(sink, Flipping(answer)).error == "refused_address"
    assert sink.count_connections() == 0


def test_a_thousand_flips_lead_nobody_astray(sink: Sink) -> None:
    answers = cycle([[PUBLIC], [HERE], [PUBLIC, HERE], [HERE, PUBLIC]])

    def send_many(times: int) -> set[str]:
        return {_send(sink, lambda _host: next(answers)).error for _ in range(times)}

    outcome = run_together([partial(send_many, 50)] * 20)
    assert outcome.errors == []
    assert set.union(*outcome.results) <= {"refused_address", "connection", "timeout"}
    assert sink.count_connections() == 0


def test_each_attempt_is_checked_anew(sink: Sink, settings: Settings) -> None:
    resolver = Flipping([HERE])
    settings.OUTBOUND_ALLOW = {("hooks.example", sink.port)}
    first = _send(sink, resolver)
    settings.OUTBOUND_ALLOW = set()
    second = _send(sink, resolver)
    assert (first.status, second.status) == (200, None)
    assert sink.count_connections() == 1


def test_the_receiver_hears_the_name_that_was_given(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("hooks.example", sink.port)}
    _send(sink, Flipping([HERE]))
    assert [request.headers["Host"] for request in sink.received] == [f"hooks.example:{sink.port}"]


def test_the_system_resolves_by_default(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("localhost", sink.port)}
    assert post_once(sink.url(host="localhost"), body=b"{}", headers={}).status == 200


def test_the_next_address_is_tried_when_one_is_dead(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("hooks.example", sink.port)}
    assert _send(sink, Flipping([ELSEWHERE, HERE])).status == 200


def test_only_a_few_addresses_are_tried(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("hooks.example", sink.port)}
    answer = _send(sink, Flipping([ELSEWHERE] * connections.MAX_ADDRESSES + [HERE]))
    assert answer.status is None
    assert sink.count_connections() == 0


def test_a_name_that_nobody_knows_is_said_to_be_unknown(sink: Sink) -> None:
    def nobody(_host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert _send(sink, nobody).error == "unknown_host"
    assert _send(sink, Flipping([])).error == "unknown_host"


def test_a_resolver_that_takes_too_long_is_left_behind(sink: Sink, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = {("hooks.example", sink.port)}
    released = Event()

    def slow(_host: str) -> list[str]:
        released.wait(3)
        return [HERE]

    answer = _send(sink, slow)
    released.set()
    assert answer.error == "timeout"
    assert sink.count_connections() == 0
