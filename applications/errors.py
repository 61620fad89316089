"""The refusals of applications. Those of the OAuth endpoints carry the error code that RFC 6749 has for them."""

from typing import ClassVar

from kernel.errors import Conflict, DomainError, Kind, NotFound


class ApplicationNotFound(NotFound):
    """The scope has no such application."""

    code = "application_not_found"
    title = "There is no such application"


class ApplicationPaused(Conflict):
    """The application is paused and gets no tokens."""

    code = "application_paused"
    title = "This application is paused"


class TooManyApplications(Conflict):
    """The scope already has the largest number of applications."""

    code = "too_many_applications"
    title = "This store has as many applications as it may have"


class ConsentNotFound(NotFound):
    """The user has given no such consent."""

    code = "consent_not_found"
    title = "You have allowed no such application"


class DeviceAnswered(Conflict):
    """The device's request has been answered already, or is too old."""

    code = "device_answered"
    title = "This code has been answered already, or is too old"


class HasNoSecret(Conflict):
    """The application is PUBLIC."""

    code = "application_without_secret"
    title = "A public application has no secret"


class GrantRefused(DomainError):
    """A grant gives no tokens (RFC 6749, 5.2; RFC 8628, 3.5).

    Attributes:
        error: the error code of the RFC.
    """

    kind = Kind.INVALID
    code = "grant_refused"
    title = "This grant gives no tokens"
    error: ClassVar[str] = "invalid_grant"


class InvalidGrant(GrantRefused):
    """The code or refresh token is unknown, used, expired, somebody else's, or its verifier is wrong."""

    code = error = "invalid_grant"
    title = "The grant is not valid"


class InvalidGrantScope(GrantRefused):
    """A scope is unknown, not the application's, or was not granted."""

    code = error = "invalid_scope"
    title = "The scope is not valid"


class AuthorizationPending(GrantRefused):
    """The user has not answered the device's request yet."""

    code = error = "authorization_pending"
    title = "The user has not answered yet"


class PolledTooSoon(GrantRefused):
    """The device asked again too soon, and has to wait five seconds longer from now on."""

    code = error = "slow_down"
    title = "Ask less often"


class AccessDenied(GrantRefused):
    """The user has denied the request."""

    code = error = "access_denied"
    title = "The user has denied it"


class DeviceCodeExpired(GrantRefused):
    """The device's request is too old."""

    code = error = "expired_token"
    title = "The code has expired"


class GrantNotOffered(GrantRefused):
    """The application may not use this grant."""

    code = error = "unauthorized_client"
    title = "This application may not use this grant"
