"""Create and change tenants and the memberships of their staff (contract, Tenancy)."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.errors import Duplicate
from accounts.groups import StaffGroup
from accounts.models import Membership, User
from accounts.queries import find_back_office_user
from accounts.services.groups import join_first_group, parse_staff_group
from accounts.services.registration import Profile, register_user
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.actor import Actor, Role
from kernel.constraints import violates_constraint
from kernel.errors import Conflict, FieldFault, Invalid, NotFound
from kernel.text import check_single_line
from tenants.models import MAX_NAME, Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope


def create_tenant(*, name: str, access: str, actor: Actor, slug: str = "", staff_username: str = "") -> Tenant:
    """Create a tenant, with its first staff member where one is named.

    Raises:
        LoginRequired, Forbidden: only admins may.
        FreshProofRequired: a staff member is named.
        Invalid: no name, no such access mode, or no such staff member.
        Duplicate: the slug is taken.
    """
    actor.require_admin()
    _check_tenant_fields(name, access, Tenant.Status.ACTIVE)
    at = clock.now()
    tenant_id = ids.new_id()
    slug = slug or slugify(name)[:60] or str(tenant_id)
    tenant = Tenant(id=tenant_id, name=name, slug=slug, access=access, created_at=at, updated_at=at)
    if staff_username:
        actor.require_fresh_proof(at)
    staff = _get_staff_member(staff_username) if staff_username else None
    try:
        with tenant_scope(tenant.id), transaction.atomic():
            tenant.save(force_insert=True)
            _record_tenant_event(Action.TENANT_CREATED, tenant, actor, {"name": [None, name], "access": [None, access]})
            if staff is not None:
                _add_member(tenant.id, staff, actor)
    except IntegrityError as error:
        if not violates_constraint(error, "tenants_tenant_slug_key", "tenants_tenant.slug"):
            raise
        fault = FieldFault("slug", "Another tenant has this slug.", "duplicate")
        raise Duplicate("A tenant of this name exists.", faults=(fault,)) from error
    return tenant


def change_tenant(*, tenant_id: UUID, actor: Actor, name: str, access: str, status: str) -> Tenant:
    """Rename a tenant, change who may enter, suspend it or make it active again.

    Raises:
        LoginRequired, Forbidden, NotFound, Invalid
        Conflict: the shared pool is neither closed nor suspended.
    """
    actor.require_admin()
    _check_tenant_fields(name, access, status)
    if tenant_id == SHARED_POOL_ID and (access, status) != (Tenant.Access.OPEN, Tenant.Status.ACTIVE):
        raise Conflict("The shared pool stays open and active.")
    with tenant_scope(tenant_id), transaction.atomic():
        tenant = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
        if tenant is None:
            raise NotFound("There is no such tenant.")
        new = {"name": name, "access": access, "status": status}
        changes = {key: [getattr(tenant, key), value] for key, value in new.items() if getattr(tenant, key) != value}
        tenant.name, tenant.access, tenant.status, tenant.updated_at = name, access, status, clock.now()
        tenant.save(update_fields=["name", "access", "status", "updated_at"])
        _record_tenant_event(Action.TENANT_UPDATED, tenant, actor, changes)
    return tenant


def create_staff_account(  # noqa: PLR0913  # what an account is made of
    *,
    tenant_id: UUID,
    username: str,
    password: str,
    profile: Profile,
    actor: Actor,
    group: StaffGroup = StaffGroup.MANAGER,
) -> User:
    """Register a staff member in the tenant and make them a member of it.

    Args:
        group: one of ASSIGNABLE; what it permits holds in every tenant that the person works for.

    Raises:
        LoginRequired, Forbidden: only admins may.
        FreshProofRequired
        Duplicate, Invalid: what `register_user` refuses, or the group is not for staff.
    """
    with tenant_scope(tenant_id), transaction.atomic():
        user = register_user(
            username=username,
            password=password,
            profile=profile,
            actor=actor,
            role=Role.STAFF,
            group=parse_staff_group(group),
        )
        _add_member(tenant_id, user, actor)
    return user


def add_tenant_member(*, tenant_id: UUID, username: str, actor: Actor) -> Membership:
    """Make a staff member a member of a tenant; a second time changes nothing. Without a group they become a manager.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired
        Invalid: there is no such staff member.
    """
    actor.require_admin()
    actor.require_fresh_proof(clock.now())
    user = _get_staff_member(username)
    with tenant_scope(tenant_id), transaction.atomic():
        return _add_member(tenant_id, user, actor)


def _get_staff_member(username: str) -> User:
    user = find_back_office_user(username)
    if user is None or user.role != Role.STAFF:
        raise Invalid.for_field("staff", "There is no staff member of this name.", "unknown_user")
    return user


def _add_member(tenant_id: UUID, user: User, actor: Actor) -> Membership:
    membership, is_new = Membership.objects.get_or_create(user=user, tenant_id=tenant_id)
    if is_new:
        _record_membership_event(Action.MEMBER_ADDED, tenant_id, user, actor)
        join_first_group(user, actor=actor)
    return membership


def remove_tenant_member(*, tenant_id: UUID, user: User, actor: Actor) -> None:
    """End the membership of a staff member in a tenant.

    Raises:
        LoginRequired, Forbidden, FreshProofRequired
    """
    actor.require_admin()
    actor.require_fresh_proof(clock.now())
    with tenant_scope(tenant_id), transaction.atomic():
        deleted, _ = Membership.objects.filter(user_id=user.pk, tenant_id=tenant_id).delete()
        if deleted:
            _record_membership_event(Action.MEMBER_REMOVED, tenant_id, user, actor)


def _check_tenant_fields(name: str, access: str, status: str) -> None:
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid.for_field("name", f"Give a name of 1 to {MAX_NAME} characters.", "length")
    check_single_line("name", name)
    if access not in Tenant.Access.values:
        raise Invalid.for_field("access", "Give OPEN or MEMBERS.", "invalid_choice")
    if status not in Tenant.Status.values:
        raise Invalid.for_field("status", "Give ACTIVE or SUSPENDED.", "invalid_choice")


def _record_membership_event(action: Action, tenant_id: UUID, user: User, actor: Actor) -> None:
    record_event(
        action,
        entity_type=EntityType.TENANTS,
        entity_id=tenant_id,
        actor=actor,
        at=clock.now(),
        details={"changes": {"member": str(user.pk)}},
    )


def _record_tenant_event(action: Action, tenant: Tenant, actor: Actor, changes: dict[str, Any]) -> None:
    record_event(
        action,
        entity_type=EntityType.TENANTS,
        entity_id=tenant.id,
        actor=actor,
        at=tenant.updated_at,
        details={"changes": changes},
    )
