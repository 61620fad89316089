"""Reset links, by which users who have forgotten their password set a new one."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils.http import base36_to_int

from accounts.errors import BadResetLink
from accounts.models import User
from accounts.queries import get_visible_user, may_reset_password, require_active_account
from accounts.services.persistence import check_new_password, record_user_event, save_user_columns
from events.models import Action
from kernel import clock
from kernel.actor import Actor, Permission
from kernel.errors import Forbidden, StaleVersion
from tenants.scoping import all_tenants, tenant_scope

LINK_LIFETIME = timedelta(hours=24)


class ResetTokens(PasswordResetTokenGenerator):
    """Django's reset tokens, for a day: a token ends with a new password and with a suspension.

    Logging in does not end it.
    """

    key_salt = "accounts.services.passwords.ResetTokens"

    def check_token(self, user: User | None, token: str | None) -> bool:
        if token is None or not super().check_token(user, token):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return age <= LINK_LIFETIME.total_seconds()

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        assert isinstance(user, User)  # noqa: S101  # there is no other class of users
        return f"{user.pk} {user.password} {user.token_version} {timestamp}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


def make_reset_token(*, user_id: UUID, actor: Actor) -> str:
    """Make a token by which its bearer can set a new password for the account, once and within a day. It is not stored.

    Raises:
        LoginRequired, FreshProofRequired, NotFound, AccountSuspended
        Forbidden: the actor's group does not change accounts, or it is staff's or an admin's and the actor no admin.
    """
    actor.require_permission(Permission.CHANGE_USERS)
    actor.require_fresh_proof(clock.now())
    user = get_visible_user(user_id, actor=actor)
    require_active_account(user)
    if not may_reset_password(user, actor):
        raise Forbidden("Only an admin may help staff to a new password.")
    at, token = clock.now(), ResetTokens().make_token(user)
    changes = {"passwordResetLink": [None, f"good until {clock.format_rfc3339(at + LINK_LIFETIME)}"]}
    with transaction.atomic():
        record_user_event(Action.USER_UPDATED, user, actor, changes, at=at)
    return token


def check_reset_token(*, user_id: UUID, token: str) -> User:
    """Return the account that a token is for; raises BadResetLink unless the token is good now."""
    with all_tenants(reason="a link names an account by its id alone"):
        user: User | None = User.objects.filter(pk=user_id, status=User.Status.ACTIVE).first()
    if user is None or not ResetTokens().check_token(user, token):
        raise BadResetLink
    return user


def reset_forgotten_password(*, user_id: UUID, token: str, password: str, actor: Actor) -> User:
    """Set a new password; it uses up the reset token and ends all tokens of the account issued so far.

    Raises:
        BadResetLink: whatever is wrong with the token.
        Invalid: the password is refused; the token stays good.
    """
    user = check_reset_token(user_id=user_id, token=token)
    check_new_password(user, password)
    read_version = user.version
    user.set_password(password)
    user.token_version += 1
    user.version, user.updated_at = read_version + 1, clock.now()
    with tenant_scope(user.tenant_id), transaction.atomic():
        try:
            save_user_columns(user, read_version, ("password", "token_version"))
        except StaleVersion as error:
            raise BadResetLink from error
        record_user_event(Action.USER_UPDATED, user, actor, {"password": ("(hidden)", "(hidden)")}, "By a reset link.")
    return user
