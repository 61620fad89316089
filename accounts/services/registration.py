"""Register, change, suspend and close accounts (contract, Users)."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.email_address import normalise_email_address
from accounts.errors import Duplicate, NotOneself, WrongPassword
from accounts.groups import StaffGroup
from accounts.models import LoginSession, Membership, SavedFilter, User
from accounts.queries import get_open_account, get_visible_user
from accounts.services.persistence import check_new_password, join_staff_group, record_user_event, save_user_columns
from events.models import Action
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import SYSTEM, Actor, Permission, Role
from kernel.constraints import violates_constraint
from kernel.errors import FieldFault, Forbidden, Invalid, StaleVersion
from kernel.text import check_reason_text
from tenants.scoping import SHARED_POOL_ID, all_tenants, tenant_scope
from tenants.transactions import begin_wide_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile that users give of themselves (contract, User)."""

    email: str
    first_name: str
    last_name: str
    phone: str = ""
    newsletter: bool = False
    notifications: bool = True


def register_user(  # noqa: PLR0913  # what an account is made of
    *,
    username: str,
    password: str,
    profile: Profile,
    actor: Actor,
    role: Role = Role.CUSTOMER,
    group: StaffGroup = StaffGroup.MANAGER,
    opened_at: datetime | None = None,
) -> User:
    """Register an account in the current scope; only admins register staff and admins.

    Args:
        group: of a staff member; admins are in their own, customers in none.
        opened_at: for an account that is older than its row; its id is as old.

    Raises:
        Duplicate: username or e-mail address is taken in this scope.
        Invalid: a field, or the password, is refused.
        LoginRequired, Forbidden, FreshProofRequired
    """
    at = clock.now()
    if role is not Role.CUSTOMER:
        actor.require_admin()
        actor.require_fresh_proof(at)
    user = User(
        username=username, role=role, created_at=opened_at or at, updated_at=at, **_build_profile_columns(profile)
    )
    if opened_at is not None:
        user.id = ids.id_born_at(opened_at, secrets.randbits(ids.ENTROPY_BITS))
    _check_user_fields(user, password)
    user.set_password(password)
    with _refuse_duplicate_users(), transaction.atomic():
        user.save(force_insert=True)
        record_user_event(
            Action.USER_CREATED, user, actor, {"role": [None, str(role)]} | _join_initial_group(user, group)
        )
    return user


def _join_initial_group(user: User, group: StaffGroup) -> dict[str, list[str | None]]:
    if user.role == Role.CUSTOMER:
        return {}
    joined = StaffGroup.ADMIN if user.role == Role.ADMIN else group
    join_staff_group(user, joined)
    return {"group": [None, str(joined)]}


def create_admin_account(*, username: str, password: str, email: str) -> User:
    """Register an admin, in the shared pool; raises what `register_user` raises."""
    with tenant_scope(SHARED_POOL_ID):
        profile = Profile(email=email, first_name="", last_name="")
        return register_user(username=username, password=password, profile=profile, actor=SYSTEM, role=Role.ADMIN)


@requires_access(TokenScope.WRITE_USER)
def update_user_profile(  # noqa: PLR0913  # what people may send about themselves
    *,
    user_id: UUID,
    profile: Profile,
    actor: Actor,
    username: str | None = None,
    password: str | None = None,
    current_password: str | None = None,
    expected_version: int | None = None,
) -> User:
    """Replace a profile: the caller's own, or any for admins. A new password, which users set for themselves only, ends
    all tokens issued so far, the caller's too.

    Args:
        username: may be repeated, never changed.
        password: a new one; the present one changes nothing.
        current_password: the present one, without which there is no new one.

    Raises:
        LoginRequired, Forbidden, NotFound, Invalid, WrongPassword, Duplicate, StaleVersion
    """
    user = _get_own_account(user_id, actor)
    if password is not None:
        _check_password_change(user, password, current_password, actor)
    if expected_version is not None and user.version != expected_version:
        raise StaleVersion
    if username is not None and username != user.username:
        raise Invalid.for_field("username", "A username cannot be changed.", "immutable")
    if password is not None and user.check_password(password):
        password = None
    new = _build_profile_columns(profile)
    changed = sorted(name for name, value in new.items() if getattr(user, name) != value)
    read_version = user.version
    for name, value in new.items():
        setattr(user, name, value)
    _check_user_fields(user, password)
    if password is not None:
        user.set_password(password)
        changed.append("password")
        user.token_version += 1
    user.version, user.updated_at = read_version + 1, clock.now()
    with _refuse_duplicate_users(), transaction.atomic():
        save_user_columns(user, read_version, (*new, "password", "token_version"))
        record_user_event(Action.USER_UPDATED, user, actor, dict.fromkeys(changed, ("(hidden)", "(hidden)")))
    return user


def _check_password_change(user: User, password: str, current: str | None, actor: Actor) -> None:
    """Check that users set only their own password and give the present one; the system may, for the demo."""
    if actor.is_system:
        return
    actor.require_own_login()
    if user.pk != actor.user_id:
        raise Forbidden("Nobody sets somebody else's password: a reset link lets them do it.")
    if current is None:
        raise Invalid.for_field("current_password", "Give your present password to set a new one.", "required")
    if not user.check_password(current):
        raise WrongPassword


def close_account(*, user_id: UUID, actor: Actor, expected_version: int | None = None) -> None:
    """Close an account for ever, erase its personal data and end its tokens; its orders stay.

    The name of a closed account has a colon, which no registered name has: it is never taken already.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired, NotFound, StaleVersion
    """
    user, at = _get_own_account(user_id, actor), clock.now()
    actor.require_fresh_proof(at)
    if expected_version is not None and user.version != expected_version:
        raise StaleVersion
    previous, read_version = user.status, user.version
    user.username = user.email = f"closed:{user.id}"
    user.first_name = user.last_name = user.phone = ""
    user.newsletter = user.notifications = False
    user.status, user.last_login = User.Status.CLOSED, None
    user.set_unusable_password()
    user.token_version += 1
    user.version, user.updated_at = read_version + 1, at
    with begin_wide_transaction(reason="closing an account ends its sessions and memberships everywhere"):
        names = (*(field.name for field in fields(Profile)), "username", "password", "token_version", "status")
        save_user_columns(user, read_version, (*names, "last_login"))
        _end_all_memberships(user, at)
        record_user_event(Action.USER_DELETED, user, actor, {"status": [previous, user.status]})


def _end_all_memberships(user: User, at: datetime) -> None:
    with all_tenants(reason="closing an account ends its sessions and memberships everywhere"):
        LoginSession.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
        Membership.objects.filter(user=user).delete()
        SavedFilter.objects.filter(user=user).delete()
        user.groups.clear()


@requires_access(TokenScope.WRITE_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def change_user_status(
    *, user_id: UUID, status: str, actor: Actor, reason: str = "", expected_version: int | None = None
) -> User:
    """Suspend an account, or make it active again; suspending ends its tokens at once.

    Args:
        reason: a sentence for the journal, at most 500 characters.

    Raises:
        LoginRequired, Forbidden, NotFound, StaleVersion
        NotOneself: it is one's own account.
        Invalid: no such status, or the reason is too long.
    """
    actor.require_permission(Permission.CHANGE_USERS)
    if status not in (User.Status.ACTIVE, User.Status.SUSPENDED):
        raise Invalid.for_field("status", "Give ACTIVE or SUSPENDED.", "invalid_choice")
    check_reason_text(reason)
    user = get_visible_user(user_id, actor=actor)
    if user_id == actor.user_id:
        raise NotOneself
    if user.role != Role.CUSTOMER and not actor.is_admin:
        raise Forbidden("Only an admin may change the status of staff.")
    if expected_version is not None and user.version != expected_version:
        raise StaleVersion
    previous, read_version = user.status, user.version
    if status == previous:
        return user
    user.status, user.version, user.updated_at = status, read_version + 1, clock.now()
    user.token_version += 1
    with transaction.atomic():
        save_user_columns(user, read_version, ("status", "token_version"))
        record_user_event(Action.USER_STATUS_CHANGED, user, actor, {"status": [previous, status]}, reason)
    return user


def _get_own_account(user_id: UUID, actor: Actor) -> User:
    user = get_open_account(user_id, actor=actor)
    if user_id != actor.user_id and not actor.is_admin:
        raise Forbidden("This account belongs to somebody else.")
    return user


def _build_profile_columns(profile: Profile) -> dict[str, Any]:
    return asdict(profile) | {"email": normalise_email_address(profile.email)}


def _check_user_fields(user: User, password: str | None) -> None:
    user.claim_tenant()
    user.check_fields(exclude=("password",))
    if password is not None:
        check_new_password(user, password)


@contextmanager
def _refuse_duplicate_users() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        for field, constraints in _UNIQUE.items():
            if violates_constraint(error, *constraints):
                fault = FieldFault(field, f"This {field} is taken.", "duplicate")
                raise Duplicate(faults=(fault,)) from error
        raise


_UNIQUE = {
    "username": ("user_username_unique", "user_back_office_username_unique"),
    "email": ("user_email_unique",),
}
