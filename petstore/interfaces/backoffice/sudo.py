"""Check one's own password again, and remember in the session when it was right."""

from dataclasses import replace
from datetime import UTC, datetime

from django.http import HttpRequest

from accounts.models import User
from accounts.services import sessions
from kernel import clock
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.login_throttle import count_login_attempt, throttle_login_attempt

_PROVED_AT = "proved_at"


def record_password_proof(request: HttpRequest) -> None:
    """Note in the session that its user has just given the right password; the session's old key becomes invalid."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = int(clock.now().timestamp())
    request.actor = replace(read_request_actor(request), proved_at=read_proof_time(request))  # type: ignore[attr-defined]  # ours


def read_proof_time(request: HttpRequest) -> datetime | None:
    """Return when the password was last given in this session."""
    seconds: int | None = request.session.get(_PROVED_AT)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def reauthenticate_user(request: HttpRequest, password: str) -> None:
    """Check the password of the logged-in user, and note that it was right.

    Raises:
        TooManyAttempts, WrongCredentials
    """
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # the site lets nobody else to its pages
    count_login_attempt(peer_of_request(request))
    with throttle_login_attempt(peer_of_request(request), user.username):
        sessions.verify_present_password(user=user, password=password, actor=read_request_actor(request))
    record_password_proof(request)
