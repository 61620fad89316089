"""The lock of an application: grants, refreshes, pauses and deletions of one application wait for one another."""

from applications.errors import ApplicationNotFound, ApplicationPaused
from applications.models import Application


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
