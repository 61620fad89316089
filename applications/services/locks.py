"""The lock of an application: grants, refreshes, pauses and deletions of one application wait for one another."""

from uuid import UUID

from applications.errors import ApplicationNotFound, ApplicationPaused
from applications.models import Application
from kernel.errors import StaleVersion


def lock_application(application: Application) -> Application:
    """Return the row as it is now, locked until the transaction ends; SQLite's transactions lock everything anyway.

    Raises:
        ApplicationNotFound: it has been deleted.
    """
    locked: Application | None = (
        Application.objects.select_for_update(no_key=True).filter(pk=application.pk).order_by().first()
    )
    if locked is None:
        raise ApplicationNotFound
    return locked


def lock_active_application(application: Application) -> Application:
    """Return the row as it is now, locked until the transaction ends, for a grant.

    Raises:
        ApplicationNotFound, ApplicationPaused
    """
    locked = lock_application(application)
    if not locked.is_active:
        raise ApplicationPaused
    return locked


def lock_application_version(
    application_id: UUID, expected_version: int | None = None, *, for_deletion: bool = False
) -> Application:
    """Return the row of an id as it is now, locked until the transaction ends.

    Args:
        expected_version: the version that the caller saw; None for any.
        for_deletion: nobody may begin to refer to it, either.

    Raises:
        ApplicationNotFound, StaleVersion
    """
    rows = Application.objects.select_for_update(no_key=not for_deletion)
    locked: Application | None = rows.filter(pk=application_id).order_by().first()
    if locked is None:
        raise ApplicationNotFound
    if expected_version is not None and locked.version != expected_version:
        raise StaleVersion
    return locked
