"""Participants of rooms: who somebody is in the rooms of the scope (contract, Rooms)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from chat.models import ParticipantRole
from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.errors import Forbidden, LoginRequired
from tenants.scoping import all_tenants


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the other participants of a room see them.

    Attributes:
        name: the first name, or the username where there is none; empty where the person is erased.
    """

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Participant:
    """A user in the rooms of the scope."""

    person: Person
    role: ParticipantRole


@requires_access(TokenScope.WRITE_CHAT)
def find_participant(*, actor: Actor) -> Participant:
    """Return who the actor is in the rooms of the scope; raises LoginRequired, also for the system."""
    user_id = require_user_id(actor)
    found = _select_names(user_id).first()
    if found is None:
        raise LoginRequired
    first_name, username = found
    return Participant(Person(user_id, first_name or username), role_of_actor(actor))


def role_of_actor(actor: Actor) -> ParticipantRole:
    """Return what the actor is in a room."""
    return ParticipantRole.AGENT if actor.is_staff else ParticipantRole.CUSTOMER


def require_user_id(actor: Actor) -> UUID:
    """Return the actor's user; raises LoginRequired where there is none."""
    if actor.user_id is None:
        raise LoginRequired
    return actor.user_id


def may_answer(actor: Actor) -> bool:
    """Return whether the actor may write in the rooms that they see."""
    return not actor.is_staff or actor.has_permission(Permission.CHANGE_ROOMS)


def require_answering(actor: Actor) -> None:
    """Raise Forbidden for staff whose group may only look."""
    actor.require_staff_permission(Permission.CHANGE_ROOMS)


def require_customer(actor: Actor) -> None:
    """Raise Forbidden for staff, who have no rooms of their own."""
    if actor.is_staff:
        raise Forbidden("Staff have no rooms of their own: name one of a customer.")


@compiled_query
def _select_names(user_id: UUID) -> QuerySet[Any, tuple[str, str]]:
    with all_tenants(reason="staff may have another home than the room's tenant"):
        return User.objects.filter(pk=user_id).order_by().values_list("first_name", "username")
