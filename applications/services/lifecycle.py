"""Pause, resume and delete applications (contract, OAuth 2.0)."""

from uuid import UUID

from django.db import transaction

from applications.models import Application
from applications.services.endings import end_all_grants
from applications.services.locks import lock_application_version
from applications.services.persistence import record_application_change, save_application_values
from events.models import Action
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def pause_application(*, application_id: UUID, actor: Actor, expected_version: int | None = None) -> Application:
    """End all tokens of an application at once; it gets none until it is resumed. Users' consents stay.

    It wants no fresh proof: whoever has to stop an application has to do so at once. Pausing it again changes nothing.

    Raises:
        ApplicationNotFound, LoginRequired, Forbidden, StaleVersion
    """
    return _change_application_status(
        Application.Status.PAUSED, application_id=application_id, actor=actor, expected_version=expected_version
    )


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def resume_application(*, application_id: UUID, actor: Actor, expected_version: int | None = None) -> Application:
    """Let a paused application ask for tokens again; those that have ended stay so.

    Raises:
        ApplicationNotFound, LoginRequired, Forbidden, StaleVersion
    """
    return _change_application_status(
        Application.Status.ACTIVE, application_id=application_id, actor=actor, expected_version=expected_version
    )


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def delete_application(*, application_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Delete an application with its consents, and end all its tokens at once.

    Raises:
        ApplicationNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
    """
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at = clock.now()
    actor.require_fresh_proof(at)
    with transaction.atomic():
        application = lock_application_version(application_id, expected_version, for_deletion=True)
        ended = end_all_grants(application, at)
        application.delete()
        application.id = application_id
        names = ("name", "client_id", "type", "redirect_uris", "scopes", "is_device", "status")
        changes = {name: [getattr(application, name), None] for name in names}
        record_application_change(Action.APPLICATION_DELETED, application, actor, changes | ended, at)


def _change_application_status(
    status: Application.Status, *, application_id: UUID, actor: Actor, expected_version: int | None
) -> Application:
    actor.require_permission(Permission.CHANGE_APPLICATIONS)
    at = clock.now()
    with transaction.atomic():
        application = lock_application_version(application_id, expected_version)
        if application.status == status:
            return application
        changes = {"status": [application.status, status.value]}
        save_application_values(application, {"status": status.value}, at)
        is_pause = status is Application.Status.PAUSED
        if is_pause:
            changes |= end_all_grants(application, at)
        action = Action.APPLICATION_PAUSED if is_pause else Action.APPLICATION_UPDATED
        record_application_change(action, application, actor, changes, at)
    return application
