"""Families of tokens: an application's session is a log-in session with a row beside it (contract, OAuth 2.0).

The use cases return what the tokens have to say; interfaces sign them. A refusal that changes something, such as the
end of a family whose refresh token came twice, is raised after the change is committed: call them outside any
transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.claims import Claims, scopes_of_role
from accounts.errors import BadToken, ForeignToken
from accounts.models import LoginSession, User
from accounts.services import sessions
from applications.errors import GrantRefused, InvalidGrant, InvalidGrantScope
from applications.models import Application, ApplicationSession, AuthorizationCode, DeviceAuthorization
from applications.scopes import narrow_scopes
from applications.services.locks import share_active_application
from kernel import clock
from kernel.access import CountedBy, requires_access
from tenants.transactions import begin_wide_transaction


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A pair of tokens that is due to an application.

    Attributes:
        session: the family's log-in session, with its user.
        scopes: the access token's.
        family_scopes: the refresh token's: what was granted, whatever a refresh asked for.
    """

    session: LoginSession
    client_id: str
    scopes: tuple[str, ...]
    family_scopes: tuple[str, ...]


def start_application_session(
    application: Application, user: User, scopes: Iterable[str], *, at: datetime
) -> TokenGrant | GrantRefused:
    """Start a family of tokens, inside the transaction that uses up the grant; a refusal is returned, not raised."""
    given = narrow_scopes(scopes, application.scopes, scopes_of_role(user.role))
    if not user.is_active or not given:
        return InvalidGrant()
    session = sessions.start_session(user, at=at)
    family = ApplicationSession(session=session, application=application, user=user, scopes=list(given), created_at=at)
    family.save(force_insert=True)
    return TokenGrant(session, application.client_id, given, given)


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.ADDRESS)
def renew_application_session(
    *, application: Application, claims: Claims, scopes: Iterable[str] | None = None
) -> TokenGrant:
    """Use up a refresh token of an application, which then has another 30 days. A second use ends the family.

    Args:
        claims: those of a verified refresh token.
        scopes: what the new access token shall have; None for all that was granted.

    Raises:
        ApplicationNotFound, ApplicationPaused
        InvalidGrant: the token is used, ended, another application's or another tenant's.
        InvalidGrantScope: more is asked for than was granted; the token is not used up.
    """
    with begin_wide_transaction(reason="a staff member may have another home than the application"):
        outcome = _renew_family(share_active_application(application), claims, scopes)
    return require_granted(outcome)


def _renew_family(application: Application, claims: Claims, scopes: Iterable[str] | None) -> TokenGrant | GrantRefused:
    family = ApplicationSession.objects.filter(pk=claims.session_id, application=application).first()
    if family is None:
        return InvalidGrant()
    if scopes is not None and not set(scopes) <= set(family.scopes):
        return InvalidGrantScope("A refresh may ask for no more than was granted.")
    try:
        session = sessions.renew_login_session(claims=claims, client_id=application.client_id)
    except (BadToken, ForeignToken):
        return InvalidGrant()
    sessions.extend_login_session(session, at=clock.now())
    limits = (application.scopes, scopes_of_role(session.user.role))
    asked = family.scopes if scopes is None else scopes
    return TokenGrant(
        session,
        application.client_id,
        narrow_scopes(asked, family.scopes, *limits),
        narrow_scopes(family.scopes, *limits),
    )


@requires_access(is_token_optional=True, is_entrance=True)
def revoke_application_token(*, application: Application, claims: Claims) -> None:
    """End the family of an access or refresh token, if it is this application's; whatever else, nothing happens."""
    if claims.client_id == application.client_id:
        family = ApplicationSession.objects.filter(pk=claims.session_id, application=application)
        sessions.end_login_sessions(family.values("pk"), at=clock.now())


def end_application_grants(*, application_id: UUID, at: datetime, user_id: UUID | None = None) -> None:
    """End all tokens of an application, and the codes from which it would get more. Lock the application first.

    Args:
        user_id: only those of this user; None for all users, and for devices that nobody has answered yet.
    """
    of_whom = {"application_id": application_id} | ({} if user_id is None else {"user_id": user_id})
    sessions.end_login_sessions(ApplicationSession.objects.filter(**of_whom).values("pk"), at=at)
    delete_pending_grants(**of_whom)


def delete_pending_grants(**of_whom: UUID) -> None:
    """Delete the codes and device requests that wait for tokens. Lock the application first.

    Args:
        of_whom: `application_id`, and `user_id` for those of one user only.
    """
    AuthorizationCode.objects.filter(**of_whom, used_at=None).delete()
    DeviceAuthorization.objects.filter(**of_whom).exclude(status=DeviceAuthorization.Status.USED).delete()


def require_granted(outcome: TokenGrant | GrantRefused) -> TokenGrant:
    """Return a grant, or raise the refusal, once the transaction is over that recorded it."""
    if isinstance(outcome, GrantRefused):
        raise outcome
    return outcome
