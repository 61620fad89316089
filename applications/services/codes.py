"""Authorization codes: issued after a consent, exchanged once and within a minute (RFC 6749, 4.1)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.models import User
from accounts.services.sessions import end_login_sessions
from applications import digests
from applications.errors import AccessDenied, GrantRefused, InvalidGrant, InvalidGrantScope
from applications.models import Application, AuthorizationCode
from applications.queries import narrow_to_user
from applications.services.consents import find_missing_scopes, require_oneself
from applications.services.locks import lock_active_application
from applications.services.sessions import TokenGrant, require_granted, start_application_session
from kernel import clock
from kernel.access import CountedBy, requires_access
from kernel.actor import Actor
from tenants.scoping import all_tenants
from tenants.transactions import begin_wide_transaction

CODE_LIFETIME: Final = timedelta(seconds=60)


@requires_access(is_closed_to_applications=True)
def issue_authorization_code(  # noqa: PLR0913  # what a code is bound to
    *,
    application: Application,
    user: User,
    redirect_uri: str,
    scopes: Iterable[str],
    code_challenge: str,
    actor: Actor,
) -> str:
    """Return a code for what the user has allowed the application; it is stored as a digest.

    Args:
        redirect_uri: where the request wanted the code to be sent; blank where it left it out.
        code_challenge: the S256 challenge of the verifier that the exchange has to bring (RFC 7636).

    Raises:
        LoginRequired, Forbidden: the actor is not this user.
        ApplicationNotFound, ApplicationPaused
        InvalidGrantScope: nothing is left that the user could give.
        AccessDenied: the user has not allowed all of it.
    """
    require_oneself(user, actor)
    at, code = clock.now(), digests.make_secret()
    with transaction.atomic():
        locked = lock_active_application(application)
        given = narrow_to_user(locked, user, scopes)
        if not given:
            raise InvalidGrantScope("Your account can give none of these rights.")
        if find_missing_scopes(locked, user, given):
            raise AccessDenied
        row = AuthorizationCode(
            digest=digests.compute_secret_digest(code),
            application=locked,
            user=user,
            redirect_uri=redirect_uri,
            scopes=list(given),
            code_challenge=code_challenge,
            token_version=user.token_version,
            created_at=at,
            expires_at=at + CODE_LIFETIME,
        )
        row.save(force_insert=True)
    return code


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.ADDRESS)
def redeem_authorization_code(
    *, application: Application, code: str, redirect_uri: str, code_verifier: str
) -> TokenGrant:
    """Exchange a code for a family of tokens.

    Whatever the application that it was issued to sends with it, it is used up; a second use ends the family that the
    first gave (RFC 6749, 4.1.2). Another application changes nothing, or any could spoil the codes of all.

    Args:
        redirect_uri: as in the authorization request; blank where it was left out.

    Raises:
        ApplicationNotFound, ApplicationPaused
        InvalidGrant: the code is unknown, used, expired, another application's, sent to another URI, its verifier is
            wrong, or the user's account or password has changed since.
    """
    with begin_wide_transaction(reason="a staff member may have another home than the application"):
        locked = lock_active_application(application)
        outcome = _redeem_code(locked, code, redirect_uri, code_verifier, clock.now())
    return require_granted(outcome)


def _redeem_code(
    application: Application, code: str, redirect_uri: str, code_verifier: str, at: datetime
) -> TokenGrant | GrantRefused:
    with all_tenants(reason="a staff member may have another home than the application"):
        issued = AuthorizationCode.objects.select_related("user").filter(pk=digests.compute_secret_digest(code))
        row = issued.filter(tenant_id=application.tenant_id, application=application).first()
    if row is None:
        return InvalidGrant()
    if row.used_at is not None:
        if row.session_id is not None:
            end_login_sessions([row.session_id], at=at)
        return InvalidGrant()
    outcome: TokenGrant | GrantRefused = InvalidGrant()
    if _may_be_exchanged(row, redirect_uri, code_verifier, at):
        outcome = start_application_session(application, row.user, row.scopes, at=at)
    row.used_at = at
    row.session = outcome.session if isinstance(outcome, TokenGrant) else None
    row.save(update_fields=("used_at", "session"))
    return outcome


def _may_be_exchanged(row: AuthorizationCode, redirect_uri: str, code_verifier: str, at: datetime) -> bool:
    return (
        not row.is_expired(at)
        and row.redirect_uri == redirect_uri
        and row.token_version == row.user.token_version
        and digests.matches_code_challenge(code_verifier, row.code_challenge)
    )
