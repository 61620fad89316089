"""One's own password, once more: who has given it lately in this session, and who has to give it now."""

from django.http import HttpRequest

from accounts.models import User
from accounts.services import sessions
from kernel import clock
from petstore.attempts import count_attempt
from tenants.admin.base import actor_from

FRESH = 5 * 60
"""For how many seconds a proof is good."""

_PROVED_AT = "proved_at"


def note_proof(request: HttpRequest) -> None:
    """Whoever is at the screen has just given the right password; a copy of the session's old key is worth nothing."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = _now()


def is_proved(request: HttpRequest) -> bool:
    """Whether the last proof of this session is still good."""
    proved_at: int = request.session.get(_PROVED_AT, 0)
    return 0 <= _now() - proved_at < FRESH


def prove(request: HttpRequest, password: str) -> None:
    """Check the password of whoever is at the screen, and remember that it was right.

    Raises:
        TooManyAttempts, WrongCredentials
    """
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # the site lets nobody else to its pages
    count_attempt(request)
    sessions.prove(user=user, password=password, actor=actor_from(request))
    note_proof(request)


def _now() -> int:
    return int(clock.now().timestamp())
