"""The client of MQTT 5: paho's, with one thing that it lacks."""

from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

FIRST_FAILURE: Final = 0x80
"""Reason codes from here on are refusals."""
_REASON_AT: Final = 2
"""Its place in a PUBREC, after the message's number."""


class Client(paho.Client):
    """A client that hears it when the broker refuses a message of QoS 2.

    paho does not read the reason in a PUBREC: it would go on with the message as if it had been taken, and the broker
    would confirm that. A PUBREC that refuses is the end of the message (MQTT 5.0, 4.3.3).
    """

    def _handle_pubrec(self) -> MQTTErrorCode:
        packet = bytes(self._in_packet["packet"])
        if len(packet) <= _REASON_AT or packet[_REASON_AT] < FIRST_FAILURE:
            return super()._handle_pubrec()
        number = int.from_bytes(packet[:_REASON_AT], "big")
        if number not in self._out_messages:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        reason = ReasonCode(PacketTypes.PUBREC, identifier=packet[_REASON_AT])
        return self._do_on_publish(number, reason, Properties(PacketTypes.PUBREC))


def create_client(client_id: str) -> Client:
    """Create a client that does not connect again by itself and sends as many messages as it is told to."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, reconnect_on_failure=False)
    client.max_inflight_messages_set(0)
    return client
