"""The lock of an application: grants, pauses and deletions of one application wait for one another, and renewals for
those."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

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


def share_active_application(application: Application) -> Application:
    """Return the row as it is now, and keep others from changing it until the transaction ends.

    Renewals of one application hold it at the same time, and do not wait for one another.

    Raises:
        ApplicationNotFound, ApplicationPaused
    """
    wanted = Application.objects.filter(pk=application.pk).order_by()
    rows: Iterable[Application] = wanted
    if connection.vendor == "postgresql":  # Django itself knows only locks that exclude one another
        sql, parameters = wanted.query.sql_with_params()
        rows = Application.objects.raw(f"{sql} FOR SHARE", parameters)
    shared = next(iter(rows), None)
    if shared is None:
        raise ApplicationNotFound
    if not shared.is_active:
        raise ApplicationPaused
    return shared


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
