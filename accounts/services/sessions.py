"""Log-in sessions: start, renew and revoke them (contract, Users; guarantees, G12)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.claims import Claims
from accounts.errors import BadToken, ForeignToken, WrongCredentials
from accounts.models import LoginSession, UsedRefreshToken, User
from accounts.queries import (
    authenticate_token_bearer,
    find_account_named,
    find_back_office_user,
    find_colleague_in_scope,
    require_active_account,
)
from accounts.services.registration import Profile, register_user
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.access import CountedBy, requires_access
from kernel.actor import Actor
from tenants.scoping import (
    SHARED_POOL_ID,
    all_tenants,
    current_scope,
    current_tenant_id,
    public_tenant_id,
    tenant_scope,
)

MAX_CANDIDATES = 2
SESSION_LIFETIME = timedelta(days=30)
"""The refresh tokens of a session live as long."""


@requires_access(is_token_optional=True, counted_by=CountedBy.ADDRESS)
def sign_up(*, username: str, password: str, profile: Profile, actor: Actor) -> LoginSession:
    """Register a customer who is logged in at once; raises what `register_user` raises."""
    with transaction.atomic():
        user = register_user(username=username, password=password, profile=profile, actor=actor)
        return start_login_session(user)


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.LOGIN)
def log_in(*, username: str, password: str, actor: Actor) -> LoginSession:
    """Check username and password, and start a log-in session in the current scope.

    A refusal takes two hashes and two queries, whether the name is nobody's, a customer's, a colleague's or both.

    Raises:
        WrongCredentials: they do not match; a LOGIN_FAILED event is recorded.
        AccountSuspended: they match, but the account is suspended.
    """
    candidates = _find_login_candidates(username)
    user = next((user for user in candidates if _matches_user_password(user, password)), None)
    if user is None:
        for _ in range(MAX_CANDIDATES - len(candidates)):
            make_password(password)
        _record_failed_login(candidates[0] if candidates else None, actor)
        raise WrongCredentials
    require_active_account(user)
    return start_login_session(user)


def authenticate_staff_member(*, username: str, password: str, actor: Actor) -> User | None:
    """Return the staff member or admin of this username and password; None, and a LOGIN_FAILED event, if wrong.

    A refusal takes one hash, whether the name is nobody's, a customer's or a colleague's.
    """
    user, now = find_back_office_user(username), clock.now()
    with tenant_scope(user.tenant_id if user else SHARED_POOL_ID):
        if user is None:
            make_password(password)
        if user is None or not user.check_password(password) or not user.is_staff:
            _record_failed_login(user, actor)
            return None
        User.objects.filter(pk=user.pk).update(last_login=now)
    return user


def verify_present_password(*, user: User, password: str, actor: Actor) -> None:
    """Check the password of a user who is logged in already.

    Raises:
        WrongCredentials: it is not their password; a LOGIN_FAILED event is recorded.
    """
    if not check_password(password, user.password):
        with tenant_scope(user.tenant_id):
            _record_failed_login(user, actor)
        raise WrongCredentials("This is not your password.")


def start_login_session(user: User) -> LoginSession:
    """Start a log-in session in the current scope for a user who has just given their password."""
    now = clock.now()
    with transaction.atomic():
        session = start_session(user, at=now)
    with tenant_scope(user.tenant_id):
        User.objects.filter(pk=user.pk).update(last_login=now)
    return session


def start_session(user: User, *, at: datetime) -> LoginSession:
    """Start a session in the current scope, from which tokens come; nobody has given a password."""
    session = LoginSession(user=user, created_at=at, expires_at=at + SESSION_LIFETIME)
    session.save(force_insert=True)
    return session


@requires_access(is_token_optional=True, is_entrance=True, counted_by=CountedBy.ADDRESS)
def renew_login_session(*, claims: Claims, client_id: str | None = None) -> LoginSession:
    """Use up a refresh token and return its session, for which new tokens are due. A second use revokes the session.

    Args:
        claims: those of a verified refresh token.
        client_id: the application that asks; None where it is the user themselves.

    Raises:
        BadToken: the session is revoked, the token has been used, or it was given to somebody else than who asks.
        ForeignToken: it was issued in another scope.
    """
    if claims.client_id != client_id:
        raise BadToken
    _require_issued_here(claims)
    authenticate_token_bearer(claims)
    session = _find_open_session(claims.session_id)
    if session is None:
        raise BadToken
    try:
        with transaction.atomic():
            UsedRefreshToken(jti=claims.jti, session=session).save(force_insert=True)
    except IntegrityError as error:
        _end_login_session(session)
        raise BadToken from error
    return session


@requires_access(is_token_optional=True, is_entrance=True)
def revoke_login_session(*, claims: Claims) -> None:
    """Revoke the session of an access or refresh token, and with it all tokens of the session.

    Raises:
        ForeignToken: it was issued in another scope; the session goes on.
    """
    _require_issued_here(claims)
    session: LoginSession | None = LoginSession.objects.filter(pk=claims.session_id, revoked_at=None).first()
    if session is not None:
        _end_login_session(session)


def extend_login_session(session: LoginSession, *, at: datetime) -> None:
    """Let a session live as long from now on as a new one does."""
    session.expires_at = at + SESSION_LIFETIME
    LoginSession.objects.filter(pk=session.pk).update(expires_at=session.expires_at)


def end_login_sessions(session_ids: Iterable[UUID] | QuerySet[Any, Any], *, at: datetime) -> None:
    """Revoke sessions of the scope, and with them all their tokens.

    Args:
        session_ids: their ids, or a query for them.
    """
    LoginSession.objects.filter(pk__in=session_ids, revoked_at=None).update(revoked_at=at)


def _find_open_session(session_id: UUID) -> LoginSession | None:
    """Return a session of the scope that is not revoked, with its user, wherever their home is."""
    tenant_id = current_tenant_id()
    with all_tenants(reason="the user's home may be another tenant"):
        found = LoginSession.objects.filter(pk=session_id, tenant_id=tenant_id, revoked_at=None)
        session: LoginSession | None = found.select_related("user").first()
    return session


def _end_login_session(session: LoginSession) -> None:
    LoginSession.objects.filter(pk=session.pk).update(revoked_at=clock.now())


def _require_issued_here(claims: Claims) -> None:
    if claims.tenant_id != public_tenant_id(current_tenant_id()):
        raise ForeignToken


def _find_login_candidates(username: str) -> list[User]:
    """Return the scope's user of this name, and staff of the scope whose home is another tenant."""
    customer, colleague = find_account_named(username), find_colleague_in_scope(username)
    return list(dict.fromkeys(user for user in (customer, colleague) if user is not None))


def _matches_user_password(user: User, password: str) -> bool:
    with tenant_scope(user.tenant_id):  # Django may store a fresh hash of an old password
        return user.check_password(password)


def _record_failed_login(user: User | None, actor: Actor) -> None:
    if current_scope().is_provisional:
        return
    with transaction.atomic():
        record_event(
            Action.LOGIN_FAILED,
            entity_type=EntityType.USERS,
            entity_id=user.id if user else None,
            actor=actor,
            at=clock.now(),
        )
