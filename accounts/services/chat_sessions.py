"""The right of a page to support chat: a customer's browser session gives it short tokens (decision 51)."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.errors import BadToken
from accounts.models import LoginSession
from database import compiled_query
from kernel.access import CountedBy, TokenScope, requires_access
from kernel.actor import Actor
from kernel.errors import Forbidden

CHAT_SCOPES: Final = (TokenScope.WRITE_CHAT,)
CHAT_LIFETIME: Final = timedelta(minutes=10)
"""Of a token that a page keeps in memory; it asks for the next one before the end."""


@requires_access(counted_by=CountedBy.ADDRESS, is_closed_to_applications=True)
def find_chat_session(*, session_id: UUID, actor: Actor) -> LoginSession:
    """Return the log-in session of a customer, with its user, for which a token of CHAT_SCOPES is due.

    The token ends with the session: by logging out, a suspension, a closed account or a new password.

    Raises:
        LoginRequired
        Forbidden: staff answer in the back office, and such a token would be theirs for much else.
        BadToken: the session is over, or not the actor's.
    """
    actor.require_login()
    if actor.is_staff:
        raise Forbidden("Staff answer their customers in the back office.")
    session = _select_open_session(session_id).first()
    if session is None or session.user_id != actor.user_id:
        raise BadToken
    return session


@compiled_query
def _select_open_session(session_id: UUID) -> QuerySet[Any, LoginSession]:
    return LoginSession.objects.filter(pk=session_id, revoked_at=None).select_related("user").order_by()
