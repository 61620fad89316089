"""Where the broker is, as MQTT_URL says, and what the store calls itself there."""

import os
import socket
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings

DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class Broker(NamedTuple):
    """A broker and how to log in there.

    Attributes:
        is_encrypted: by TLS, with a certificate that this machine trusts.
        topic_prefix: what comes before all topics.
    """

    host: str
    port: int
    is_encrypted: bool = False
    username: str | None = None
    password: str | None = None
    topic_prefix: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_broker_settings() -> Broker:
    """Return the broker of MQTT_URL, which the settings have checked."""
    parts = urlsplit(settings.MQTT_URL)
    return Broker(
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        is_encrypted=parts.scheme == "mqtts",
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        topic_prefix=settings.MQTT_TOPIC_PREFIX,
    )


def build_client_id() -> str:
    """Build the name of this process among the broker's clients."""
    return f"petstore-{socket.gethostname()}-{os.getpid()}"
