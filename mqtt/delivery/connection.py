"""A connection to the broker: MQTT 5, several messages in flight, one thread (contract, MQTT)."""

import select
import socket
import ssl
import time
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple

from paho.mqtt import MQTTException
from paho.mqtt.client import MQTT_ERR_SUCCESS, ConnectFlags, DisconnectFlags
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from mqtt.delivery.broker import Broker, build_client_id
from mqtt.delivery.clients import FIRST_FAILURE, create_client
from mqtt.messages import OFFLINE, Message, build_presence_message
from mqtt.topics import EXACTLY_ONCE

CONNECT_SECONDS: Final = 5.0
"""For the name, the connection and the encryption, and again for the broker's first answer."""
KEEPALIVE_SECONDS: Final = 20
SESSION_SECONDS: Final = 3600
MOST_IN_FLIGHT: Final = 100
"""Messages that the broker has not acknowledged; fewer where it says so."""
UNKNOWN_VERSION: Final = 0x84
_UTF_8: Final = 1
_HEAD_BYTES: Final = 48
_PAIR_BYTES: Final = 5
"""Bytes of a packet, and of a user property in it, beside its texts."""


class ConnectionLost(Exception):
    """There is no connection (any more); the text says why."""


class Acknowledgement(NamedTuple):
    """The broker's last word on a message.

    Attributes:
        refusal: its reason where it has not taken the message; empty where it has.
    """

    number: int
    refusal: str


class BrokerConnection:
    """One connection, from its start to its end; what is in flight at its end is sent again over the next one.

    Each begins a session of its own: the outbox knows what has to be sent again.

    Args:
        broker: where it leads.
        wake_up: it ends the waiting as soon as it can be read.
    """

    def __init__(self, broker: Broker, wake_up: socket.socket) -> None:
        self._broker, self._wake_up = broker, wake_up
        self._acknowledged: list[Acknowledgement] = []
        self._in_flight: set[int] = set()
        self._fault = ""
        self._is_connected = False
        self._limits = Properties(PacketTypes.CONNACK)
        self._client = self._build_client()

    def open_connection(self) -> None:
        """Connect and wait for the broker's consent.

        Raises:
            ConnectionLost: nobody answers, or the broker refuses, or it lacks what the contract needs.
        """
        wishes = Properties(PacketTypes.CONNECT)
        wishes.SessionExpiryInterval = SESSION_SECONDS
        try:
            self._client.connect(
                self._broker.host, self._broker.port, KEEPALIVE_SECONDS, clean_start=True, properties=wishes
            )
        except (OSError, UnicodeError) as error:  # ssl.SSLError is an OSError, a name too long for DNS a UnicodeError
            raise ConnectionLost(f"{error}.") from error
        deadline = time.monotonic() + CONNECT_SECONDS
        while not self._is_connected:
            self._exchange_packets(deadline - time.monotonic())
            if self._fault or time.monotonic() > deadline:
                raise ConnectionLost(self._fault or "The broker does not answer.")
        self._require_capabilities()

    @property
    def free_places(self) -> int:
        """Messages that may be sent before another one is acknowledged: so many the broker has room for."""
        return min(getattr(self._limits, "ReceiveMaximum", MOST_IN_FLIGHT), MOST_IN_FLIGHT) - len(self._in_flight)

    def find_fault(self, message: Message) -> str:
        """Return why the broker cannot take a message: it is larger than the broker said. Empty where it can."""
        largest = getattr(self._limits, "MaximumPacketSize", None)
        if largest is None:
            return ""
        texts = (self._broker.topic_prefix, message.address, *chain.from_iterable(message.user_properties))
        size = _HEAD_BYTES + len(message.payload) + sum(len(text.encode()) for text in texts)
        size += _PAIR_BYTES * len(message.user_properties)
        return f"Its {size} bytes are more than the {largest} that the broker takes." if size > largest else ""

    def send_message(self, message: Message) -> int:
        """Send a message and return its number, which its acknowledgement has, too.

        Raises:
            ConnectionLost: there is no connection any more.
        """
        sent = self._client.publish(
            self._broker.topic_prefix + message.address,
            message.payload,
            qos=message.topic.qos,
            retain=message.topic.is_retained,
            properties=_build_properties(message),
        )
        if sent.rc != MQTT_ERR_SUCCESS:
            raise ConnectionLost(self._fault or "The connection is closed.")
        self._in_flight.add(sent.mid)
        return int(sent.mid)

    def take_acknowledgements(self, seconds: float) -> list[Acknowledgement]:
        """Wait at most so long, or until somebody wakes us, and return what the broker has acknowledged.

        Raises:
            ConnectionLost: there is no connection any more; what was acknowledged before has been returned.
        """
        if not self._fault:
            self._exchange_packets(seconds)
        if self._fault and not self._acknowledged:
            raise ConnectionLost(self._fault)
        taken, self._acknowledged = self._acknowledged, []
        return taken

    def close_connection(self) -> None:
        """Close it without a last will."""
        with suppress(OSError):
            self._client.disconnect()
            self._client.loop_write()
        self.abandon_connection()

    def abandon_connection(self) -> None:
        """Close it; where the broker has not heard a farewell it publishes the last will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _build_client(self) -> PahoClient:
        client, will = create_client(build_client_id()), build_presence_message(OFFLINE)
        client.connect_timeout = CONNECT_SECONDS
        client.on_connect, client.on_disconnect = self._note_connect, self._note_disconnect
        client.on_publish = self._note_acknowledgement
        client.will_set(
            self._broker.topic_prefix + will.address,
            will.payload,
            qos=will.topic.qos,
            retain=True,
            properties=_build_properties(will, PacketTypes.WILLMESSAGE),
        )
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.is_encrypted:
            client.tls_set_context(ssl.create_default_context())
        return client

    def _exchange_packets(self, seconds: float) -> None:
        """Read and write what is there; wait for it at most so long."""
        sock = self._client.socket()
        if sock is None:
            self._fault = self._fault or "The broker has closed the connection."
            return
        waiting = select.poll()
        waiting.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        waiting.register(self._wake_up, select.POLLIN)
        has_more = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        waiting.poll(0 if has_more else max(seconds, 0.0) * 1000)
        drain_wake_up(self._wake_up)
        try:
            self._client.loop_read()
            self._client.loop_write()
            self._client.loop_misc()
        except (OSError, ValueError, MQTTException) as error:
            self._fault = f"The broker does not speak MQTT 5: {error}"

    def _require_capabilities(self) -> None:
        if getattr(self._limits, "MaximumQoS", EXACTLY_ONCE) < EXACTLY_ONCE:
            raise ConnectionLost("The broker does not take messages of QoS 2.")
        if not getattr(self._limits, "RetainAvailable", True):
            raise ConnectionLost("The broker does not retain messages.")

    def _note_connect(
        self, _client: PahoClient, _data: Any, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.value == UNKNOWN_VERSION:
            self._fault = "The broker does not speak MQTT 5."
        elif reason.value >= FIRST_FAILURE:
            self._fault = f"The broker refuses us: {reason}."
        else:
            self._is_connected, self._limits = True, properties or self._limits

    def _note_disconnect(
        self, _client: PahoClient, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _more: Properties | None
    ) -> None:
        self._fault = self._fault or f"The connection has ended: {reason}."

    def _note_acknowledgement(
        self, _client: PahoClient, _data: Any, number: int, reason: ReasonCode, _more: Properties
    ) -> None:
        self._in_flight.discard(number)
        self._acknowledged.append(Acknowledgement(number, str(reason) if reason.value >= FIRST_FAILURE else ""))


def drain_wake_up(wake_up: socket.socket) -> None:
    """Forget that somebody has woken us."""
    with suppress(BlockingIOError):
        while wake_up.recv(4096):
            pass


def _build_properties(message: Message, kind: int = PacketTypes.PUBLISH) -> Properties:
    return _pack_properties(kind, message.topic.expiry_seconds, message.user_properties)


@lru_cache(maxsize=8)
def _pack_properties(kind: int, expiry_seconds: int | None, user_properties: tuple[tuple[str, str], ...]) -> Properties:
    """Build MQTT's properties, which an event's messages share: paho takes its time to set each of them."""
    properties = Properties(kind)
    properties.PayloadFormatIndicator = _UTF_8
    properties.ContentType = "application/json"
    if expiry_seconds is not None:
        properties.MessageExpiryInterval = expiry_seconds
    for pair in user_properties:
        properties.UserProperty = pair
    return properties
