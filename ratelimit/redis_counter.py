"""The counters of the rate limits in Redis (contract, Rate limits)."""

import logging
from functools import cache

import redis
from django.conf import settings

TIMEOUT_SECONDS = 2
logger = logging.getLogger(__name__)


def count_in_redis(key: str, seconds: int, number: int) -> int | None:
    """Add to the key's count, which ends some seconds from now; return it, or None where Redis does not answer."""
    pipeline = _connect_to_redis(settings.REDIS_URL).pipeline(transaction=True)
    pipeline.incrby(key, number)
    pipeline.expire(key, seconds)
    try:
        return int(pipeline.execute()[0])
    except redis.RedisError:
        logger.exception("Redis does not answer; rates are counted in the database until the window ends.")
        return None


@cache
def _connect_to_redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
