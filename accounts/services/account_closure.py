"""Erase what names a person outside their account's row (guarantees, G22)."""

import re
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib.sessions.models import Session

from accounts.models import SavedFilter, User
from kernel.actor import Role
from tenants.scoping import all_tenants

MIN_NAME_LENGTH = 3
"""Shorter names are not searched for: they would be found in every text."""


def erase_mentions_of_user(user_id: UUID) -> None:
    """Delete saved filters, of all staff, that look for this person of the scope, and the person's sessions.

    Call it before the account is closed, in the same transaction: closing erases the names that this looks for.
    """
    user: User | None = User.objects.filter(pk=user_id).first()
    if user is None:
        return
    names = _build_name_pattern(user)
    with all_tenants(reason="colleagues at home in other tenants may have searched for the person"):
        searches = [search.pk for search in SavedFilter.objects.all() if names.search(_join_searched_text(search))]
        SavedFilter.objects.filter(pk__in=searches).delete()
    if user.role != Role.CUSTOMER:
        erase_user_sessions(user_id)


def erase_user_sessions(user_id: UUID) -> None:
    """End the person's log-ins to the back office."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user_id):
            session.delete()


def _build_name_pattern(user: User) -> re.Pattern[str]:
    """Return a pattern of the person's names: whole words, in either case."""
    called = (user.username, user.email, user.phone, user.full_name, user.first_name, user.last_name)
    words = [re.escape(word) for word in called if len(word) >= MIN_NAME_LENGTH]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _join_searched_text(search: SavedFilter) -> str:
    """Return the name of a saved filter and the words that it looks for."""
    return " ".join((search.name, *parse_qs(search.query).get("q", ())))
