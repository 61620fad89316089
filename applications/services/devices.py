"""Devices without a browser: their users answer elsewhere, and the device asks until they have (RFC 8628)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import User
from applications import digests
from applications.errors import (
    AccessDenied,
    AuthorizationPending,
    DeviceAnswered,
    DeviceCodeExpired,
    GrantNotOffered,
    GrantRefused,
    InvalidGrant,
    InvalidGrantScope,
    PolledTooSoon,
)
from applications.models import Application, DeviceAuthorization
from applications.queries import narrow_to_user
from applications.scopes import narrow_scopes
from applications.services.consents import grant_consent, require_oneself
from applications.services.locks import lock_active_application, lock_application
from applications.services.sessions import TokenGrant, require_granted, start_application_session
from kernel import clock
from kernel.access import CountedBy, requires_access
from kernel.actor import Actor
from tenants.scoping import all_tenants
from tenants.transactions import begin_wide_transaction

DEVICE_LIFETIME: Final = timedelta(minutes=10)
SLOW_DOWN_SECONDS: Final = 5
LONGEST_INTERVAL: Final = 600
_ATTEMPTS: Final = 5
_Status = DeviceAuthorization.Status


@dataclass(frozen=True, slots=True)
class StartedDevice:
    """A device's request, and the code by which the device asks for its tokens, which is stored as a digest."""

    device_code: str
    authorization: DeviceAuthorization


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.ADDRESS)
def start_device_authorization(*, application: Application, scopes: Iterable[str]) -> StartedDevice:
    """Begin a device's request, which a user then answers under its user code.

    Raises:
        ApplicationNotFound, ApplicationPaused
        GrantNotOffered: the application is not for devices.
        InvalidGrantScope: no scope is asked for, or one that the application may not have.
    """
    asked = set(scopes)
    with transaction.atomic():
        locked = lock_active_application(application)
        if not locked.is_device:
            raise GrantNotOffered
        if not asked or not asked <= set(locked.scopes):
            raise InvalidGrantScope
        return _insert_device(locked, narrow_scopes(asked), clock.now())


def _insert_device(application: Application, scopes: tuple[str, ...], at: datetime) -> StartedDevice:
    """Insert the row under a user code that no other row has."""
    for attempt in range(_ATTEMPTS):
        device_code = digests.make_secret()
        row = DeviceAuthorization(
            digest=digests.compute_secret_digest(device_code),
            application=application,
            user_code=digests.make_user_code(),
            scopes=list(scopes),
            created_at=at,
            expires_at=at + DEVICE_LIFETIME,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return StartedDevice(device_code, row)
    raise AssertionError


def find_open_device(user_code: str) -> DeviceAuthorization | None:
    """Return the request that waits for an answer under this user code, however it is typed; None if there is none.

    Callers name no tenant: open `tenant_scope(device.tenant_id)` for whatever follows.
    """
    typed = digests.normalize_user_code(user_code)
    if typed is None:
        return None
    with all_tenants(reason="a user code says by itself which tenant it belongs to"):
        waiting = DeviceAuthorization.objects.filter(user_code=typed, status=_Status.PENDING)
        device = waiting.filter(expires_at__gt=clock.now()).select_related("application__tenant").first()
    if device is None or not device.application.is_active or device.application.tenant.is_suspended:
        return None
    return device


def find_answer(user_code: str, *, user: User) -> DeviceAuthorization | None:
    """Return the request of the scope that this user has answered under a user code, if it is not too old by now."""
    answered = DeviceAuthorization.objects.filter(user_code=digests.normalize_user_code(user_code), user=user)
    device: DeviceAuthorization | None = (
        answered.exclude(status=_Status.PENDING)
        .filter(expires_at__gt=clock.now())
        .select_related("application__tenant")
        .first()
    )
    return device


@requires_access(is_closed_to_applications=True)
def answer_device_authorization(
    *, device: DeviceAuthorization, user: User, is_allowed: bool, scopes: Iterable[str], actor: Actor
) -> None:
    """Allow or deny a device's request, once; allowing it records the consent, too.

    Args:
        scopes: what the user allows; more than the device asked for is left out.

    Raises:
        LoginRequired, Forbidden: the actor is not this user.
        ApplicationNotFound, ApplicationPaused
        DeviceAnswered: somebody has answered it already, or it is too old.
        InvalidGrantScope: nothing is left that the user could give.
    """
    require_oneself(user, actor)
    with transaction.atomic():
        locked = lock_application(device.application)
        given: tuple[str, ...] = ()
        if is_allowed:
            given = narrow_scopes(narrow_to_user(locked, user, scopes), device.scopes)
            grant_consent(application=locked, user=user, scopes=given, actor=actor)
        waiting = DeviceAuthorization.objects.filter(pk=device.pk, status=_Status.PENDING, expires_at__gt=clock.now())
        answered = waiting.update(
            status=_Status.ALLOWED if is_allowed else _Status.DENIED,
            user=user,
            scopes=list(given) or device.scopes,
            token_version=user.token_version,
        )
        if not answered:
            raise DeviceAnswered


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.ADDRESS)
def redeem_device_code(*, application: Application, device_code: str) -> TokenGrant:
    """Exchange a device code for a family of tokens, once the user has allowed it.

    Raises:
        ApplicationNotFound, ApplicationPaused
        AuthorizationPending: the user has not answered yet.
        PolledTooSoon: neither, and the device asked too early; it has to wait five seconds longer from now on.
        AccessDenied, DeviceCodeExpired
        InvalidGrant: the code is unknown, used, another application's, or the user's account or password has changed.
    """
    with begin_wide_transaction(reason="a staff member may have another home than the application"):
        locked = lock_active_application(application)
        outcome = _redeem_device(locked, device_code, clock.now())
    return require_granted(outcome)


def _redeem_device(application: Application, device_code: str, at: datetime) -> TokenGrant | GrantRefused:
    with all_tenants(reason="a staff member may have another home than the application"):
        asked = DeviceAuthorization.objects.select_related("user").filter(pk=digests.compute_secret_digest(device_code))
        row = asked.filter(tenant_id=application.tenant_id, application=application).first()
    if row is None or row.status == _Status.USED:
        return InvalidGrant()
    if row.status == _Status.DENIED:
        return AccessDenied()
    if row.is_expired(at):
        return DeviceCodeExpired()
    if row.status == _Status.PENDING:
        return _record_poll(row, at)
    outcome: TokenGrant | GrantRefused = InvalidGrant()
    if row.user is not None and row.token_version == row.user.token_version:
        outcome = start_application_session(application, row.user, row.scopes, at=at)
    row.status = _Status.USED
    row.save(update_fields=("status",))
    return outcome


def _record_poll(row: DeviceAuthorization, at: datetime) -> GrantRefused:
    is_early = row.last_polled_at is not None and at - row.last_polled_at < timedelta(seconds=row.interval)
    if is_early:
        row.interval = min(row.interval + SLOW_DOWN_SECONDS, LONGEST_INTERVAL)
    row.last_polled_at = at
    row.save(update_fields=("interval", "last_polled_at"))
    return PolledTooSoon() if is_early else AuthorizationPending()
