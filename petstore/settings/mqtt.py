"""MQTT: the broker that public events are published to (contract, MQTT)."""

import re
from importlib.util import find_spec
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from petstore.settings import environment as env

LIBRARY = "paho"
_SCHEMES = ("mqtt", "mqtts")
_LONGEST_PREFIX = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WILDCARD = re.compile(r"[#+]")


def _parse_broker_url(text: str) -> str:
    """Check that it names a broker, and nothing else; a port that is none raises, too."""
    parts = urlsplit(text)
    is_broker = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    if not is_broker or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(text)
    if _CONTROL.search(unquote(text)):
        raise ValueError(text)
    return text


def _parse_topic_prefix(text: str) -> str:
    is_suitable = not _CONTROL.search(text) and not _WILDCARD.search(text) and not text.startswith(("$", "/"))
    if not is_suitable or len(text) > _LONGEST_PREFIX:
        raise ValueError(text)
    return text


MQTT_URL = env.read_variable(
    "MQTT_URL", _parse_broker_url, "", "the address of a broker such as mqtt://user:password@host:1883 or mqtts://host"
)
MQTT_TOPIC_PREFIX = env.read_variable(
    "MQTT_TOPIC_PREFIX",
    _parse_topic_prefix,
    "",
    f"the beginning of topics such as shop1/: up to {_LONGEST_PREFIX} characters, none of them # or +, not beginning "
    "with $ or /",
)
if MQTT_URL and find_spec(LIBRARY) is None:
    raise ImproperlyConfigured("MQTT_URL must have its library: uv sync --extra mqtt")
