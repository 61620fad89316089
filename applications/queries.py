"""Reads of applications and consents, and the scopes that a user can give (contract, OAuth 2.0)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.claims import Claims, scopes_of_role
from accounts.errors import BadToken, ForeignToken
from accounts.models import UsedRefreshToken, User
from accounts.queries import authenticate_token_bearer
from applications.models import Application, ApplicationSession, Consent
from applications.scopes import narrow_scopes
from kernel import clock
from kernel.actor import Role
from tenants.scoping import all_tenants, current_tenant_id, public_tenant_id


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """The user of a good token, with the role that they have in the scope."""

    username: str
    role: Role


def find_application(client_id: str) -> Application | None:
    """Return the application of this public name or None, PAUSED ones too; its tenant comes with it.

    Callers name no tenant: open `tenant_scope(application.tenant_id)` for whatever follows.
    """
    if not client_id.isascii() or not client_id.isprintable():
        return None
    with all_tenants(reason="an application says by its name which tenant it belongs to"):
        application: Application | None = (
            Application.objects.select_related("tenant").filter(client_id=client_id).first()
        )
    return application


def find_usable_application(client_id: str) -> Application | None:
    """Return the application of this public name if it may ask for tokens: ACTIVE, and its tenant not suspended."""
    application = find_application(client_id)
    if application is None or not application.is_active or application.tenant.is_suspended:
        return None
    return application


def list_consents(user_id: UUID) -> QuerySet[Consent]:
    """Return what a user has allowed in the scope, with the applications."""
    return Consent.objects.filter(user_id=user_id).select_related("application")


def count_connected_people(application: Application) -> int:
    """Count the people for whom an application of the current scope has tokens."""
    return int(_select_open_sessions().filter(application=application).values("user_id").distinct().count())


def list_connected_applications(user: User) -> list[Application]:
    """Return the applications of the current scope that have tokens for a user, by name."""
    connected = _select_open_sessions().filter(user=user).values("application_id")
    return list(Application.objects.filter(pk__in=connected).order_by("name", "id"))


def _select_open_sessions() -> QuerySet[ApplicationSession]:
    sessions: QuerySet[ApplicationSession] = ApplicationSession.objects.filter(
        session__revoked_at=None, session__expires_at__gt=clock.now()
    )
    return sessions


def narrow_to_user(application: Application, user: User, scopes: Iterable[str]) -> tuple[str, ...]:
    """Return those of the scopes that the application may ask for and that a user of this role can give."""
    return narrow_scopes(scopes, application.scopes, scopes_of_role(user.role))


def find_token_holder(claims: Claims, *, is_refresh: bool) -> TokenHolder | None:
    """Return the user of a verified token of this tenant, if the token is good now: neither ended nor used up.

    Args:
        is_refresh: the token is a refresh token, which works once.
    """
    if claims.tenant_id != public_tenant_id(current_tenant_id()):
        return None
    try:
        principal = authenticate_token_bearer(claims)
    except (BadToken, ForeignToken):
        return None
    if is_refresh and UsedRefreshToken.objects.filter(pk=claims.jti).exists():
        return None
    with all_tenants(reason="a token's user may have another home than the scope"):
        username = User.objects.values_list("username", flat=True).get(pk=principal.user_id)
    return TokenHolder(username, principal.role)
