"""Save and record changes of applications."""

from datetime import datetime
from typing import Any, Final

from applications.models import Application
from events.models import Action, EntityType
from events.services import record_event
from kernel.actor import Actor

_NAMES: Final = {"client_id": "clientId", "redirect_uris": "redirectUris", "is_device": "device"}
"""Columns that have another name in the journal."""


def save_application_values(application: Application, values: dict[str, Any], at: datetime) -> None:
    """Save new values of a locked application, and its next version."""
    for name, value in (values | {"version": application.version + 1, "updated_at": at}).items():
        setattr(application, name, value)
    application.save(update_fields=[*values, "version", "updated_at"])


def record_application_change(
    action: Action, application: Application, actor: Actor, changes: dict[str, list[Any]], at: datetime
) -> None:
    """Record a change of an application: each value before and after."""
    record_event(
        action,
        entity_type=EntityType.APPLICATIONS,
        entity_id=application.id,
        actor=actor,
        at=at,
        details={"changes": {_NAMES.get(name, name): change for name, change in changes.items()}},
    )
