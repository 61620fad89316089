"""The choice of the carrier, by the settings."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from petstore.interfaces.live.carriers.postgres_notifications import NotificationCarrier
from petstore.interfaces.live.carriers.redis_channel import RedisCarrier
from petstore.interfaces.live.carriers.sibling_datagrams import DatagramCarrier
from petstore.interfaces.live.rooms import Carrier
from petstore.settings.databases import POSTGRESQL


def choose_carrier() -> Carrier:
    """Return the carrier that reaches the most processes; nothing is connected before there is something to carry."""
    if settings.REDIS_URL:
        return RedisCarrier(settings.REDIS_URL)
    return NotificationCarrier() if _has_sessions_of_its_own() else DatagramCarrier()


def _has_sessions_of_its_own() -> bool:
    """Return whether a connection stays one session of PostgreSQL, which LISTEN needs: a pooler may change it."""
    database = settings.DATABASES[DEFAULT_DB_ALIAS]
    return database["ENGINE"] == POSTGRESQL and database["OPTIONS"]["prepare_threshold"] is not None
