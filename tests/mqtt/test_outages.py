"""Brokers that are away, refuse, or lack something: nothing is lost, and the log says why (contract, MQTT)."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from kernel import clock
from mqtt.delivery import connection
from mqtt.delivery.claims import ClaimedEvent
from mqtt.delivery.flights import Flights
from mqtt.delivery.publisher import EventPublisher, create_event_publisher
from pets.models import Pet
from tenants.models import Tenant
from tests.certificates import make_certificate
from tests.factories import OrderFactory, PetFactory
from tests.mqtt.brokers import running_broker
from tests.mqtt.publishing import list_outbox, publish_all_due, queue_all_events
from tests.mqtt.subscriber import Subscriber, subscribing
from tests.payments.paying import pay
from tests.tools import need_tool

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 15


def publish_until(publisher: EventPublisher, is_done: Callable[[], bool]) -> None:
    """Run rounds, as the worker does, until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        assert time.monotonic() < deadline, "waited in vain"
        if not publisher.run_one_round():
            publisher.wait_for_traffic(0.1)


def test_a_broker_that_is_away_gets_all_of_it_in_order_when_it_is_back(
    settings: Settings, rex: Pet, caplog: pytest.LogCaptureFixture
) -> None:
    with running_broker() as broker:
        settings.MQTT_URL = broker.url
        publisher = create_event_publisher()
        publisher.run_until_idle()
        broker.kill()
        order = OrderFactory.create(pet=rex)
        pay(order)
        queue_all_events()
        publish_until(publisher, lambda: publisher.is_away)
        assert len(list_outbox()) == 4
        assert "is lost, trying again in 1 s" in caplog.text
        broker.start()
        with subscribing(broker.port) as subscriber:
            publish_until(publisher, lambda: list_outbox() == [])
            heard = subscriber.wait_for(6)
        publisher.finish_in_flight(2.5)
    steps = [each.data["newStatus"] for each in heard if each.topic.endswith(f"orders/{order.id}/status")]
    assert steps == ["PLACED", "APPROVED"]


def test_a_broker_that_nobody_has_started_is_told_in_the_log(
    settings: Settings, rex: Pet, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MQTT_URL = "mqtt://guest:pass-word@127.0.0.1:1"
    OrderFactory.create(pet=rex)
    publish_all_due()
    assert len(list_outbox()) == 2
    assert "127.0.0.1:1 cannot be reached, trying again in 1 s" in caplog.text
    assert "pass-word" not in caplog.text


@contextmanager
def hearing(settings: Settings, *lines: str) -> Iterator[Subscriber]:
    """A subscriber to a broker with these lines of configuration, which the settings name."""
    with running_broker(*lines) as broker, subscribing(broker.port) as subscriber:
        settings.MQTT_URL = broker.url
        yield subscriber


@pytest.mark.parametrize("kind", ["status", "payment"])
def test_an_event_that_the_broker_refuses_stays_and_the_others_go_on(
    settings: Settings, stray: Pet, pool: Tenant, caplog: pytest.LogCaptureFixture, tmp_path: Path, kind: str
) -> None:
    """A payment's topic has QoS 2, whose refusal is another packet than that of QoS 1."""
    order = OrderFactory.create(pet=stray)
    pay(order)
    rules = write_public_file(tmp_path / "rules", f"topic readwrite #\ntopic deny orders/{order.id}/{kind}\n")
    with hearing(settings, "allow_anonymous true", f"acl_file {rules}") as subscriber:
        OrderFactory.create(pet=PetFactory.create(tenant=pool))
        publish_all_due()
        heard = subscriber.wait_for(4)
    left = [row for row in list_outbox() if row.ordering_key == order.id]
    assert {row.ordering_key for row in list_outbox()} == {order.id}
    assert [row.attempts_made for row in left] == [1, *[0] * (len(left) - 1)]
    assert left[0].event_type == {"status": "order.statusChanged", "payment": "payment.succeeded"}[kind]
    assert f"does not take event {left[0].id} ({left[0].event_type}), attempt 1: Not authorized" in caplog.text
    assert not any(each.topic == f"orders/{order.id}/{kind}" for each in heard)


def write_public_file(path: Path, text: str) -> Path:
    """A file that Mosquitto can read, which becomes a user of its own."""
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        folder.chmod(0o755)
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_an_event_that_is_too_large_for_the_broker_stays_and_the_others_go_on(
    settings: Settings, rex: Pet, caplog: pytest.LogCaptureFixture
) -> None:
    with hearing(settings, "allow_anonymous true", "max_packet_size 600") as subscriber:
        order = OrderFactory.create(pet=rex)
        publish_all_due()
        heard = subscriber.wait_for(2)
    assert [row.ordering_key for row in list_outbox()] == [order.id]
    assert {each.labels["eventType"] for each in heard} == {"pet.statusChanged"}
    assert "more than the 600 that the broker takes" in caplog.text


def test_a_broker_that_takes_one_message_at_a_time_gets_them_one_by_one(settings: Settings, acme: Tenant) -> None:
    with hearing(settings, "allow_anonymous true", "max_inflight_messages 1") as subscriber:
        for _ in range(3):
            pay(OrderFactory.create(pet=PetFactory.create(tenant=acme)))
        publish_all_due()
        assert len(subscriber.wait_for(18)) == 18
    assert list_outbox() == []


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("allow_anonymous true", "max_qos 1"), "The broker does not take messages of QoS 2."),
        (("allow_anonymous true", "retain_available false"), "The broker refuses us: Retain not supported."),
        (("allow_anonymous false",), "The broker refuses us: Not authorized."),
    ],
)
def test_a_broker_that_will_not_do_is_told_in_the_log_and_costs_no_event(
    settings: Settings, rex: Pet, caplog: pytest.LogCaptureFixture, lines: tuple[str, ...], sentence: str
) -> None:
    OrderFactory.create(pet=rex)
    with running_broker(*lines) as broker:
        settings.MQTT_URL = broker.url
        publish_all_due()
    assert sentence in caplog.text
    assert [row.claim for row in list_outbox()] == [None, None]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("20 02 00 01", "The broker does not speak MQTT 5."),
        ("20 02 00 00", "The connection has ended: Protocol error."),
        ("48 54 54 50", "The broker does not answer."),
        ("20 05 00 00 02 25 00", "The broker does not retain messages."),
        ("", "The broker does not answer."),
    ],
    ids=["refuses version 5", "speaks version 3", "speaks HTTP", "retains nothing", "says nothing"],
)
def test_whoever_is_no_broker_of_version_5_is_told_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, answer: str, sentence: str
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.MQTT_URL = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=answer_once, args=(listener, bytes.fromhex(answer)))
        thread.start()
        publish_all_due()
        thread.join()
    assert sentence in caplog.text


def answer_once(listener: socket.socket, answer: bytes) -> None:
    """Say this to whoever connects first, and hear them to their end."""
    connected, _ = listener.accept()
    with connected:
        connected.recv(4096)
        connected.sendall(answer)
        while connected.recv(4096):
            pass


@pytest.mark.filterwarnings("ignore:.*SSLSocket")  # paho does not close a connection that is not trusted
def test_an_encrypted_broker_is_reached_with_name_and_password_and_only_where_it_is_trusted(
    settings: Settings, rex: Pet, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = make_certificate(tmp_path)
    write_public_file(key, key.read_text())
    passwords = tmp_path / "passwords"
    command = (need_tool("mosquitto_passwd", package="mosquitto"), "-b", "-c", str(passwords), "shop", "p@ss word")
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # ours
    write_public_file(passwords, passwords.read_text())
    lines = (f"certfile {certificate}", f"keyfile {key}", "allow_anonymous false", f"password_file {passwords}")
    with running_broker(*lines) as broker:
        settings.MQTT_URL = f"mqtts://shop:p%40ss%20word@127.0.0.1:{broker.port}"
        OrderFactory.create(pet=rex)
        publish_all_due()
        assert "certificate verify failed" in caplog.text
        assert len(list_outbox()) == 2
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        publish_all_due()
    assert list_outbox() == []


def test_an_event_at_which_the_connection_ends_waits_while_the_others_go_on() -> None:
    """Which one it is shows as soon as they are sent one by one."""
    flights = Flights()
    events = [ClaimedEvent(uuid4(), uuid4(), clock.now(), uuid4(), "pet.statusChanged", "{}", 0) for _ in range(3)]
    for event in events:
        flights.begin_flight(event, ())
    assert {bool(outcome.refusal) for outcome in flights.give_back_events()} == {False}
    flights.begin_flight(events[0], ())
    assert flights.is_full
    flights.add_claimed_events(events[1:])
    assert [bool(outcome.refusal) for outcome in flights.give_back_events()] == [True, False, False]
