"""The types of accounts, and the field of `Query` that reads the caller's own (contract, User)."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from accounts.models import User
from accounts.queries import get_visible_user, list_visible_users
from kernel.errors import LoginRequired
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.siblings import Source, make_single_source, make_sources
from petstore.interfaces.representation.compilation import compile_field_readers
from petstore.interfaces.representation.users import Preferences, UserOutput

UserSource = Source[User]


def find_users(user_ids: Sequence[UUID], context: CallContext) -> dict[UUID, UserSource]:
    """Return those of the accounts that the caller may read."""
    actor = context.find_actor_for(get_visible_user)
    if actor is None:
        return {}
    return {source.row.id: source for source in make_sources(list_visible_users(user_ids, actor=actor))}


def resolve_me(_root: object, info: FieldInfo) -> UserSource:
    """Return the caller's own account."""
    actor = info.context.admit_to(get_visible_user)
    if actor.user_id is None:
        raise LoginRequired
    return make_single_source(get_visible_user(actor.user_id, actor=actor))


def resolve_preferences(source: UserSource, _info: FieldInfo) -> UserSource:
    """Return the account itself: its preferences are a part of the row."""
    return source


_RESOLVERS: Final[dict[str, Any]] = {"preferences": resolve_preferences}
_COLUMNS: Final = {name: read for name, read in compile_field_readers(UserOutput).items() if name not in _RESOLVERS}

TYPES: Final = (
    TypeBinding("User", _COLUMNS, _RESOLVERS),
    TypeBinding("Preferences", compile_field_readers(Preferences)),
    TypeBinding("Query", resolvers={"me": resolve_me}),
)
