"""One's own password, once more: who has given it lately in this session, and who has to give it now."""

from dataclasses import replace
from datetime import UTC, datetime

from django.http import HttpRequest

from accounts.models import User
from accounts.services import sessions
from kernel import clock
from petstore.interfaces.backoffice.framework.model_admin import actor_from
from petstore.interfaces.http.login_throttle import count_login_attempt, throttle_login

_PROVED_AT = "proved_at"


def record_proof(request: HttpRequest) -> None:
    """Whoever is at the screen has just given the right password; a copy of the session's old key is worth nothing."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = int(clock.now().timestamp())
    request.actor = replace(actor_from(request), proved_at=proved_at(request))  # type: ignore[attr-defined]  # ours


def proved_at(request: HttpRequest) -> datetime | None:
    """When the password was last given in this session."""
    seconds: int | None = request.session.get(_PROVED_AT)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def reauthenticate(request: HttpRequest, password: str) -> None:
    """Check the password of whoever is at the screen, and remember that it was right.

    Raises:
        TooManyAttempts, WrongCredentials
    """
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # the site lets nobody else to its pages
    count_login_attempt(request)
    with throttle_login(request, user.username):
        sessions.verify_password(user=user, password=password, actor=actor_from(request))
    record_proof(request)
