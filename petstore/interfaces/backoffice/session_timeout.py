"""How long somebody stays logged in: as long as they work, and a day at most.

Eight hours without a page (SESSION_COOKIE_AGE) end a session: Django's row of it says until when it lives. Renewing
that row is a write, so it is done every few minutes only.
"""

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest

from kernel import clock

MAX_SESSION_SECONDS = 24 * 3600
RENEWAL_SECONDS = 5 * 60
_BEGAN_AT, _SEEN_AT = "began_at", "seen_at"


def begin_session(request: HttpRequest) -> None:
    """Somebody has just logged in."""
    request.session[_BEGAN_AT] = request.session[_SEEN_AT] = _current_second()


def refresh_session(request: HttpRequest) -> None:
    """Log out whoever has been here for too long; note that the others are still here."""
    if SESSION_KEY not in request.session:
        return
    now = _current_second()
    if now - request.session.get(_BEGAN_AT, 0) >= MAX_SESSION_SECONDS:
        logout(request)
    elif now - request.session.get(_SEEN_AT, 0) >= RENEWAL_SECONDS:
        request.session[_SEEN_AT] = now


def _current_second() -> int:
    return int(clock.now().timestamp())
