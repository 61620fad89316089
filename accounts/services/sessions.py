"""Logging in, renewing and revoking tokens (contract, Users; guarantees, G12)."""

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from accounts import tokens
from accounts.errors import BadToken, ForeignToken, WrongCredentials
from accounts.models import LoginSession, UsedRefreshToken, User
from accounts.queries import authenticate_bearer, find_back_office_user, find_colleague, require_active
from accounts.services.registration import Profile, register_user
from accounts.tokens import Claims, TokenPair
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.access import requires_access
from kernel.actor import Actor
from tenants.scoping import (
    SHARED_POOL_ID,
    all_tenants,
    current_scope,
    current_tenant_id,
    shown_tenant_id,
    tenant_scope,
)

MAX_CANDIDATES = 2


@requires_access(is_token_optional=True)
def sign_up(*, username: str, password: str, profile: Profile, actor: Actor) -> tuple[User, TokenPair]:
    """Register a customer who is logged in at once; raises what `register_user` raises."""
    with transaction.atomic():
        user = register_user(username=username, password=password, profile=profile, actor=actor)
        return user, start_session(user)


@requires_access(is_token_optional=True, is_entrance=True)
def log_in(*, username: str, password: str, actor: Actor) -> TokenPair:
    """Exchange username and password for tokens that are good in the current scope.

    A refusal takes two hashes and two queries, whether the name is nobody's, a customer's, a colleague's or both.

    Raises:
        WrongCredentials: they do not match; the journal gets a LOGIN_FAILED.
        AccountSuspended: they match, but the account is suspended.
    """
    candidates = _find_candidates(username)
    user = next((user for user in candidates if _matches_password(user, password)), None)
    if user is None:
        for _ in range(MAX_CANDIDATES - len(candidates)):
            make_password(password)
        _record_failure(candidates[0] if candidates else None, actor)
        raise WrongCredentials
    require_active(user)
    return start_session(user)


def authenticate_staff(*, username: str, password: str, actor: Actor) -> User | None:
    """The staff member or admin whom username and password prove, or None; the journal gets a LOGIN_FAILED then.

    Takes one hash, whether the name is nobody's, a customer's or a colleague's.
    """
    user, now = find_back_office_user(username), clock.now()
    with tenant_scope(user.tenant_id if user else SHARED_POOL_ID):
        if user is None:
            make_password(password)
        if user is None or not user.check_password(password) or not user.is_staff:
            _record_failure(user, actor)
            return None
        User.objects.filter(pk=user.pk).update(last_login=now)
    return user


def verify_password(*, user: User, password: str, actor: Actor) -> None:
    """Make sure that the person at a screen still is whoever logged in there.

    Raises:
        WrongCredentials: it is not their password; the journal gets a LOGIN_FAILED.
    """
    if not check_password(password, user.password):
        with tenant_scope(user.tenant_id):
            _record_failure(user, actor)
        raise WrongCredentials("This is not your password.")


def start_session(user: User) -> TokenPair:
    """Start a family of tokens for a user who has just proved who they are."""
    now = clock.now()
    with transaction.atomic():
        login = LoginSession(user=user, created_at=now, expires_at=now + tokens.REFRESH_LIFETIME)
        login.save(force_insert=True)
    with all_tenants(reason="the user's home may be another tenant"):
        User.objects.filter(pk=user.pk).update(last_login=now)
    return tokens.issue(user, login)


@requires_access(is_token_optional=True, is_entrance=True)
def renew_session(*, refresh_token: str) -> TokenPair:
    """A new pair for a refresh token, which is spent by it. A second use revokes the whole family.

    Raises:
        BadToken: not a refresh token, or expired, revoked or spent.
        ForeignToken: issued in another scope.
    """
    claims = tokens.read_refresh(refresh_token)
    _require_issued_here(claims)
    authenticate_bearer(claims)
    login: LoginSession | None = (
        LoginSession.objects.filter(pk=claims.session_id, revoked_at=None).select_related("user").first()
    )
    if login is None:
        raise BadToken
    try:
        with transaction.atomic():
            UsedRefreshToken(jti=claims.jti, session=login).save(force_insert=True)
    except IntegrityError as error:
        _end_session(login)
        raise BadToken from error
    return tokens.issue(login.user, login)


@requires_access(is_token_optional=True, is_entrance=True)
def revoke_session(*, token: str) -> None:
    """End the log-in that an access or refresh token came of; all its tokens die.

    A token that is no good is no error (RFC 7009, 2.2).

    Raises:
        ForeignToken: issued in another scope, where it lives on.
    """
    claims = tokens.read_any(token)
    if claims is None:
        return
    _require_issued_here(claims)
    login: LoginSession | None = LoginSession.objects.filter(pk=claims.session_id, revoked_at=None).first()
    if login is not None:
        _end_session(login)


def _end_session(login: LoginSession) -> None:
    LoginSession.objects.filter(pk=login.pk).update(revoked_at=clock.now())


def _require_issued_here(claims: Claims) -> None:
    if claims.tenant_id != shown_tenant_id(current_tenant_id()):
        raise ForeignToken


def _find_candidates(username: str) -> list[User]:
    """Who may be meant: the scope's own user, and a colleague at home elsewhere whose name a customer has here."""
    found = list(User.objects.open().named(username)[:1])
    colleague = find_colleague(username)
    return [*found, colleague] if colleague is not None and colleague not in found else found


def _matches_password(user: User, password: str) -> bool:
    with tenant_scope(user.tenant_id):  # Django may store a fresh hash of an old password
        return user.check_password(password)


def _record_failure(user: User | None, actor: Actor) -> None:
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
