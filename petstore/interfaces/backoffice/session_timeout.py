"""End a session of the back office after eight hours without a page, and after a day at most.

Django's row of the session says until when it is valid (SESSION_COOKIE_AGE). Renewing that row is a write, so it is
done every few minutes only.
"""

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest

from kernel import clock

MAX_SESSION_SECONDS = 24 * 3600
RENEWAL_SECONDS = 5 * 60
_BEGAN_AT, _SEEN_AT = "began_at", "seen_at"


def begin_staff_session(request: HttpRequest) -> None:
    """Note that somebody has just logged in."""
    request.session[_BEGAN_AT] = request.session[_SEEN_AT] = _read_current_second()


def refresh_or_end_session(request: HttpRequest) -> None:
    """Log out a user whose session is too old; renew any other session."""
    if SESSION_KEY not in request.session:
        return
    now = _read_current_second()
    if is_session_over(request):
        logout(request)
    elif now - request.session.get(_SEEN_AT, 0) >= RENEWAL_SECONDS:
        request.session[_SEEN_AT] = now


def is_session_over(request: HttpRequest) -> bool:
    """Return whether a session has lasted as long as one may, however busy its user is."""
    began_at: int = request.session.get(_BEGAN_AT, 0)
    return _read_current_second() - began_at >= MAX_SESSION_SECONDS


def _read_current_second() -> int:
    return int(clock.now().timestamp())
