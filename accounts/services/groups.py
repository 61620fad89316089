"""The group of a staff member, which gives their permissions."""

from uuid import UUID

from django.db import transaction

from accounts.errors import NotOneself, NotStaff
from accounts.groups import ASSIGNABLE, StaffGroup
from accounts.models import User
from accounts.queries import get_open_account
from accounts.services.persistence import join_staff_group, record_user_event, save_user_columns
from events.models import Action
from kernel import clock
from kernel.actor import Actor, Role
from kernel.errors import Invalid, StaleVersion
from kernel.text import check_reason_text
from tenants.scoping import tenant_scope


def assign_staff_group(
    *, user_id: UUID, group: str, actor: Actor, reason: str = "", expected_version: int | None = None
) -> User:
    """Put a staff member into a group, and out of any other. It holds from their next request on.

    Args:
        group: one of ASSIGNABLE.
        reason: a sentence for the journal, at most 500 characters.

    Raises:
        LoginRequired, Forbidden: only admins may.
        FreshProofRequired
        NotFound, NotOneself, StaleVersion
        NotStaff: it is a customer or an admin.
        Invalid: no such group, or the reason is too long.
    """
    actor.require_admin()
    actor.require_fresh_proof(clock.now())
    new = parse_staff_group(group)
    check_reason_text(reason)
    user = get_open_account(user_id, actor=actor)
    if user_id == actor.user_id:
        raise NotOneself("You cannot change your own group.")
    if user.role != Role.STAFF:
        raise NotStaff
    if expected_version is not None and user.version != expected_version:
        raise StaleVersion
    return _change_staff_group(user, new, actor, reason)


def join_first_group(user: User, *, actor: Actor) -> None:
    """Make a staff member without a group a manager; change nobody else."""
    if not user.groups.exists():
        with tenant_scope(user.tenant_id):
            _change_staff_group(user, StaffGroup.MANAGER, actor)


def parse_staff_group(name: str) -> StaffGroup:
    """Return the group of this name that staff can be in; raises Invalid."""
    if name not in ASSIGNABLE:
        raise Invalid.for_field("group", f"Give one of {', '.join(ASSIGNABLE)}.", "invalid_choice")
    return StaffGroup(name)


def _change_staff_group(user: User, new: StaffGroup, actor: Actor, reason: str = "") -> User:
    old = ", ".join(user.groups.order_by("name").values_list("name", flat=True)) or None
    if old == new:
        return user
    read_version = user.version
    user.version, user.updated_at = read_version + 1, clock.now()
    with transaction.atomic():
        save_user_columns(user, read_version, ())
        join_staff_group(user, new)
        record_user_event(Action.USER_UPDATED, user, actor, {"group": [old, str(new)]}, reason)
    return user
