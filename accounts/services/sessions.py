"""Logging in, renewing and revoking tokens (contract, Users; guarantees, G12)."""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts import tokens
from accounts.errors import BadToken, WrongCredentials
from accounts.models import Login, SpentRefresh, User
from accounts.queries import back_office_user, may_work_in, require_active, standing
from accounts.tokens import TokenPair
from events.models import Action, EntityType
from events.services import record
from kernel import clock
from kernel.actor import Actor
from tenants.scoping import SHARED_POOL_ID, all_tenants, current_scope, current_tenant_id, tenant_scope


def log_in(*, username: str, password: str, actor: Actor) -> TokenPair:
    """Exchange username and password for tokens that are good in the current scope.

    Takes the same time whether or not the user exists.

    Raises:
        WrongCredentials: they do not match; the journal gets a LOGIN_FAILED.
        AccountSuspended: they match, but the account is suspended.
    """
    user = _candidate(username)
    if user is None:
        make_password(password)
    if user is None or not user.check_password(password):
        _record_failure(user, actor)
        raise WrongCredentials
    require_active(user)
    return open_login(user)


def enter_back_office(*, username: str, password: str, actor: Actor) -> User | None:
    """The staff member or admin whom username and password prove, or None; the journal gets a LOGIN_FAILED then.

    Takes the same time whether or not the user exists.
    """
    user, now = back_office_user(username), clock.now()
    with tenant_scope(user.tenant_id if user else SHARED_POOL_ID):
        if user is None:
            make_password(password)
        if user is None or not user.check_password(password) or not user.is_staff:
            _record_failure(user, actor)
            return None
        User.objects.filter(pk=user.pk).update(last_login=now)
    return user


def open_login(user: User) -> TokenPair:
    """Start a family of tokens for a user who has just proved who they are."""
    now = clock.now()
    with transaction.atomic():
        login = Login(user=user, created_at=now, expires_at=now + tokens.REFRESH_LIFETIME)
        login.save(force_insert=True)
    with all_tenants(reason="the user's home may be another tenant"):
        User.objects.filter(pk=user.pk).update(last_login=now)
    return tokens.issue(user, login)


def renew(*, refresh_token: str) -> TokenPair:
    """A new pair for a refresh token, which is spent by it. A second use revokes the whole family.

    Raises:
        BadToken: not a refresh token of this scope, expired, revoked or spent.
    """
    claims = tokens.read_refresh(refresh_token)
    standing(claims)
    login: Login | None = Login.objects.filter(pk=claims.login_id, revoked_at=None).select_related("user").first()
    if login is None:
        raise BadToken
    try:
        with transaction.atomic():
            SpentRefresh(jti=claims.jti, login=login).save(force_insert=True)
    except IntegrityError as error:
        _revoke(login)
        raise BadToken from error
    return tokens.issue(login.user, login)


def revoke(*, token: str) -> None:
    """End the log-in that an access or refresh token came of; a token that is no good is no error (RFC 7009)."""
    try:
        claims = tokens.read_refresh(token)
    except BadToken:
        claims = tokens.read_access(token)
    login: Login | None = Login.objects.filter(pk=claims.login_id, revoked_at=None).first()
    if login is not None:
        _revoke(login)


def _revoke(login: Login) -> None:
    Login.objects.filter(pk=login.pk).update(revoked_at=clock.now())


def _candidate(username: str) -> User | None:
    user: User | None = User.objects.open().named(username).first()
    if user is not None:
        return user
    colleague = back_office_user(username)
    return colleague if colleague and may_work_in(colleague, current_tenant_id()) else None


def _record_failure(user: User | None, actor: Actor) -> None:
    if current_scope().is_provisional:
        return
    with transaction.atomic():
        record(
            Action.LOGIN_FAILED,
            entity_type=EntityType.USERS,
            entity_id=user.id if user else None,
            actor=actor,
            at=clock.now(),
        )
