"""The end of what users have granted to an application: in the transaction of the change that ends it, under its lock.

Tokens end with their log-in session. Codes and device requests that wait for tokens are deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.services.sessions import end_login_sessions
from applications.models import Application, ApplicationSession, Consent
from applications.services.sessions import delete_pending_grants, end_application_grants


def end_all_grants(application: Application, at: datetime) -> dict[str, list[Any]]:
    """End all tokens of a locked application, and what would become tokens.

    Returns:
        the change for the journal: how many sessions were open, and are; empty where there was none.
    """
    number = _count_open_sessions(ApplicationSession.objects.filter(application=application), at)
    end_application_grants(application_id=application.pk, at=at)
    return _describe_ended_sessions(number)


def end_narrowed_grants(
    application: Application, changes: Mapping[str, Sequence[Any]], at: datetime
) -> dict[str, list[Any]]:
    """End what a locked application has been granted and may no longer ask for.

    Where a scope is gone, the tokens that have it end, whatever else they have, and users are asked for it again if it
    comes back. Where a redirect URI or the device grant is gone, codes and device requests that wait for tokens go;
    what users have allowed already stays, for it is still registered.

    Args:
        changes: the old and the new value of each column that changes.

    Returns:
        the change for the journal: how many sessions were open, and are; empty where none has ended.
    """
    lost_scopes = _find_lost_values(changes, "scopes")
    if lost_scopes or _find_lost_values(changes, "redirect_uris") or changes.get("is_device") == [True, False]:
        delete_pending_grants(application_id=application.pk)
    if not lost_scopes:
        return {}
    _withdraw_from_consents(application, lost_scopes)
    wider = _filter_by_scopes(ApplicationSession.objects.filter(application=application), lost_scopes)
    number = _count_open_sessions(wider, at)
    end_login_sessions(wider.values("pk"), at=at)
    return _describe_ended_sessions(number)


def _find_lost_values(changes: Mapping[str, Sequence[Any]], name: str) -> list[str]:
    before, after = changes.get(name, ([], []))
    return [value for value in before if value not in after]


def _count_open_sessions(sessions: QuerySet[Any], at: datetime) -> int:
    return int(sessions.filter(session__revoked_at=None, session__expires_at__gt=at).count())


def _describe_ended_sessions(number: int) -> dict[str, list[Any]]:
    return {"connections": [number, 0]} if number else {}


def _withdraw_from_consents(application: Application, scopes: Sequence[str]) -> None:
    consents = Consent.objects.filter(application=application)
    kinds = list(_filter_by_scopes(consents, scopes).order_by().values_list("scopes", flat=True).distinct())
    for granted in kinds:  # no more than there are subsets of the seven scopes
        left = [scope for scope in granted if scope not in scopes]
        alike = consents.filter(scopes=granted)
        if left:
            alike.update(scopes=left)
        else:
            alike.delete()


def _filter_by_scopes(rows: QuerySet[Any], scopes: Iterable[str]) -> QuerySet[Any]:
    """Filter the rows that were granted one of the scopes; SQLite cannot look into a list."""
    has_one = reduce(or_, (Q(scopes_text__contains=f'"{scope}"') for scope in scopes))
    found: QuerySet[Any] = rows.alias(scopes_text=Cast("scopes", TextField())).filter(has_one)
    return found
