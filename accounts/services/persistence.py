"""Write an account's row and record its event, for the use cases of this package."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F

from accounts.groups import StaffGroup
from accounts.models import User
from events.models import Action, EntityType
from events.services import record_event
from kernel.actor import Actor
from kernel.errors import FieldFault, Invalid, StaleVersion


def check_new_password(user: User, password: str) -> None:
    """Raise Invalid for a password that the validators refuse for this person."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = tuple(FieldFault("password", m.messages[0], m.code or "invalid") for m in error.error_list)
        raise Invalid(faults=faults) from error


def save_user_columns(user: User, read_version: int, names: Iterable[str]) -> None:
    """Write these columns and increment the version; raises StaleVersion where another change came first."""
    values: dict[str, Any] = {name: getattr(user, name) for name in names}
    rows = User.objects.filter(pk=user.pk, version=read_version)
    if rows.update(version=F("version") + 1, updated_at=user.updated_at, **values) != 1:
        raise StaleVersion


def join_staff_group(user: User, group: StaffGroup) -> None:
    """Make a group the only one of a staff member or admin."""
    user.groups.set([Group.objects.get(name=group)])


def record_user_event(  # noqa: PLR0913  # the parts of an audit event
    action: Action,
    user: User,
    actor: Actor,
    changes: dict[str, Any],
    reason: str = "",
    *,
    at: datetime | None = None,
) -> None:
    """Record an audit event of an account, in the transaction of the change.

    Args:
        at: when, if the row itself has not changed.
    """
    details: dict[str, Any] = {"changes": changes}
    if reason:
        details["reason"] = reason
    record_event(
        action,
        entity_type=EntityType.USERS,
        entity_id=user.id,
        actor=actor,
        at=at or user.updated_at,
        details=details,
    )
