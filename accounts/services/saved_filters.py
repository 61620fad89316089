"""Saved filters: the filters of a list that staff keep for themselves. A preference, so no event is recorded."""

from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import transaction

from accounts.models import SavedFilter, SavedFilterQuerySet, User
from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, LoginRequired, NotFound

MAX_SAVED_FILTERS = 20
"""Of one user, for one list."""
_PARAMETERS = 30
_EVERYWHERE = frozenset(("q", "o"))
"""Search and order, which every list has."""


def add_saved_filter(*, page: str, name: str, query: str, lookups: Collection[str], actor: Actor) -> SavedFilter:
    """Save a list's filters under a name; the scope of the user's own tenant must be open.

    Args:
        query: as in the list's address.
        lookups: what the list's own filters ask for; nothing else is kept.

    Raises:
        LoginRequired, Forbidden
        Invalid: the name is taken, blank or too long, or the query asks for nothing or for what no filter does.
        Conflict: the person has as many as one may have.
    """
    saved = SavedFilter(
        user_id=_require_owner_id(actor), page=page, name=name.strip(), query=_normalise_list_query(query, lookups)
    )
    with transaction.atomic():
        mine = _lock_own_filters(_require_owner_id(actor))
        _check_filter_name(saved, mine)
        if mine.filter(page=page).count() >= MAX_SAVED_FILTERS:
            raise Conflict(f"You have {MAX_SAVED_FILTERS} filters for this list; delete one first.")
        saved.save(force_insert=True)
    return saved


def rename_saved_filter(*, filter_id: int, name: str, actor: Actor) -> SavedFilter:
    """Rename a saved filter of the caller.

    Raises:
        LoginRequired, Forbidden, NotFound
        Invalid: the name is taken, blank or too long.
    """
    with transaction.atomic():
        mine = _lock_own_filters(_require_owner_id(actor))
        saved = _get_own_filter(filter_id, mine)
        saved.name = name.strip()
        _check_filter_name(saved, mine)
        mine.filter(pk=saved.pk).update(name=saved.name)
    return saved


def delete_saved_filter(*, filter_id: int, actor: Actor) -> None:
    """Delete a saved filter of the caller; raises LoginRequired, Forbidden, NotFound."""
    _get_own_filter(filter_id, SavedFilter.objects.for_user(_require_owner_id(actor))).delete()


def _require_owner_id(actor: Actor) -> UUID:
    """Return the id of the staff member whose filters they are; the system has none."""
    actor.require_staff()
    if actor.user_id is None:
        raise LoginRequired
    return actor.user_id


def _lock_own_filters(user_id: UUID) -> SavedFilterQuerySet:
    """Lock the user's saved filters, so that nobody else adds to them meanwhile."""
    list(User.objects.select_for_update().filter(pk=user_id).values_list("pk"))
    mine: SavedFilterQuerySet = SavedFilter.objects.for_user(user_id)
    return mine


def _get_own_filter(filter_id: int, mine: SavedFilterQuerySet) -> SavedFilter:
    saved = mine.filter(pk=filter_id).first()
    if saved is None:
        raise NotFound("You have no such filter.")
    return saved


def _check_filter_name(saved: SavedFilter, mine: SavedFilterQuerySet) -> None:
    saved.claim_tenant()
    saved.check_fields(exclude=("user",))
    if mine.filter(page=saved.page, name=saved.name).exclude(pk=saved.pk).exists():
        raise Invalid.for_field("name", "You have a filter of this name.", "duplicate")


def _normalise_list_query(query: str, lookups: Collection[str]) -> str:
    """Return the query in one spelling, without empty parameters."""
    try:
        asked = parse_qsl(query, max_num_fields=_PARAMETERS)
    except ValueError as error:
        raise Invalid.for_field("query", "The query has too many parameters.", "invalid") from error
    unknown = {name for name, _ in asked} - _EVERYWHERE - {*lookups}
    if not asked or unknown or any("\x00" in value for _, value in asked):
        raise Invalid.for_field("query", "Choose filters of the list first.", "invalid")
    return urlencode(asked)
