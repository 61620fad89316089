"""Callers who are known for some time, such as a network after a right password: rows beside the counts, not counted.

Such a row's window is the one in which it ends, so the purge of windows that are over deletes it then.
"""

import time

from django.db import connection

from ratelimit.models import RateWindow

_UPSERT = """
INSERT INTO ratelimit_ratewindow AS r (caller, "window", used) VALUES (%s, %s, 0)
ON CONFLICT (caller) DO UPDATE SET "window" = EXCLUDED."window"
"""


def remember_known_caller(caller: str, seconds: int) -> None:
    """Remember a caller for so long from now on.

    Args:
        caller: at most 100 characters, of which no count has the like.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, (caller, int(time.time()) + seconds))


def is_caller_known(caller: str) -> bool:
    """Return whether the caller is still remembered."""
    return RateWindow.objects.filter(caller=caller, window__gt=int(time.time())).exists()
