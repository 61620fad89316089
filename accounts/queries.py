"""Reads of accounts, and the principal behind a token (contract, Authentication and Tenancy)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import models as auth
from django.db.models import Count, Exists, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from accounts.claims import Claims
from accounts.errors import AccountSuspended, BadToken, ForeignToken, MembersOnly
from accounts.models import Membership, User, UserQuerySet
from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import Forbidden, NotFound
from tenants.models import Tenant
from tenants.scoping import all_tenants, current_tenant_id, is_one_tenant_open, public_tenant_id


@dataclass(frozen=True, slots=True)
class Principal:
    """The user of a token with the role and rights that they have in the current scope.

    Attributes:
        permissions: those of a staff member's groups.
        proved_at: when the user gave the password from which the token comes; renewing it proves nothing, and neither
            does a consent: an application's token has none.
        client_id: the application that the token was granted to; None for the user's own log-in.
    """

    user_id: UUID
    role: Role
    scopes: frozenset[str]
    permissions: frozenset[str] = frozenset()
    proved_at: datetime | None = None
    client_id: str | None = None


def authenticate_token_bearer(claims: Claims) -> Principal:
    """Return the principal behind a token in the current scope, by one query.

    Raises:
        BadToken: the account is suspended or closed, its password has changed, or the log-in was revoked.
        ForeignToken: the token is good, but not here. Staff act in all their tenants, but an application only in its
            own: a consent that is given there allows nothing elsewhere.
    """
    key = claims.login_key
    if claims.is_at_home(public_tenant_id(current_tenant_id())):
        return _find_principal(claims, _select_own_bearer(*key).first())
    return _find_principal(claims, _select_active_bearer(*key, with_permissions=claims.is_staff).first())


def authenticate_token_bearers(claims: Sequence[Claims]) -> list[Principal | BadToken | ForeignToken]:
    """Return what `authenticate_token_bearer` returns or raises for each of many tokens, by one or two queries."""
    rows: dict[tuple[UUID, UUID, int], tuple[Any, ...]] = {}
    for is_staff in {one.is_staff for one in claims}:
        sessions = [one.session_id for one in claims if one.is_staff is is_staff]
        found = _select_bearers_of_sessions(sessions, with_permissions=is_staff)
        with all_tenants(reason="the users of tokens may have other homes than the scope"):
            rows |= {tuple(row[:3]): row[3:] for row in found}
    return [find_principal_or_refusal(one, rows.get(one.login_key)) for one in claims]


def find_principal_or_refusal(claims: Claims, row: tuple[Any, ...] | None) -> Principal | BadToken | ForeignToken:
    """Return the principal of a token whose user was read, or why there is none."""
    try:
        return _find_principal(claims, row)
    except (BadToken, ForeignToken) as error:
        return error


def _find_principal(claims: Claims, row: tuple[Any, ...] | None) -> Principal:
    """Return the principal of a token whose user was read; raises BadToken, ForeignToken."""
    if row is None:
        raise BadToken
    here = current_tenant_id()
    role = _role_in_scope(Role(row[0]), is_member=bool(row[2]))
    is_from_here = claims.tenant_id == public_tenant_id(here)
    is_at_home = is_from_here and row[1] == here
    if (role is Role.CUSTOMER and not is_at_home) or (claims.client_id is not None and not is_from_here):
        raise ForeignToken
    return Principal(
        claims.user_id,
        role,
        claims.scopes,
        _split_permission_names(*row[4:]),
        proved_at=None if claims.client_id else row[3],
        client_id=claims.client_id,
    )


@compiled_query
def _select_own_bearer(user_id: UUID, session_id: UUID, token_version: int) -> QuerySet[Any, Any]:
    """Find a customer of the tenant of the scope by an open log-in."""
    found = select_own_logins(pk=user_id, token_version=token_version, login_sessions__id=session_id)
    return found.values_list(*list_bearer_columns(with_permissions=False))


@compiled_query
def _select_active_bearer(
    user_id: UUID, session_id: UUID, token_version: int, *, with_permissions: bool
) -> QuerySet[Any, Any]:
    """Find an active user with an open log-in. Customers do not pay for what the groups of staff permit."""
    found = select_open_logins(pk=user_id, token_version=token_version, login_sessions__id=session_id)
    return found.values_list(*list_bearer_columns(with_permissions=with_permissions))


def _select_bearers_of_sessions(session_ids: Collection[UUID], *, with_permissions: bool) -> QuerySet[Any, Any]:
    """Find the active users of many open log-ins, each with user, log-in and version before the other columns."""
    found = select_open_logins(login_sessions__id__in=session_ids)
    columns = list_bearer_columns(with_permissions=with_permissions)
    return found.values_list("pk", "login_sessions__id", "token_version", *columns)


def select_open_logins(**conditions: Any) -> QuerySet[Any, Any]:
    """Select active users by open log-ins, whose conditions are all of one log-in: they stand in one filter."""
    with all_tenants(reason="a token's user may have another home than the scope"):
        return select_own_logins(**conditions)


def select_own_logins(**conditions: Any) -> QuerySet[Any, Any]:
    """Select active users of the scope by open log-ins, as `select_open_logins` does."""
    return User.objects.filter(status=User.Status.ACTIVE, login_sessions__revoked_at=None, **conditions)


def list_bearer_columns(*, with_permissions: bool) -> tuple[Any, ...]:
    """List the columns that `find_principal_or_refusal` takes."""
    permitted = (_select_group_permissions(),) if with_permissions else ()
    member = Exists(Membership.objects.filter(user=OuterRef("pk")))
    return ("role", "tenant_id", member, "login_sessions__created_at", *permitted)


class _StringAgg(Func):
    """Join the texts of many rows by commas; an aggregate without GROUP BY."""

    function = "STRING_AGG"
    output_field = TextField()

    def __init__(self, text: Any) -> None:
        super().__init__(text, Value(","))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


def _select_group_permissions() -> Subquery:
    """Select the permissions of a user's groups, as Django names them."""
    name = Concat("content_type__app_label", Value("."), "codename")
    granted = auth.Permission.objects.filter(group__user=OuterRef("pk")).order_by()
    return Subquery(granted.values_list(_StringAgg(name)))


def _split_permission_names(permitted: str | None = None) -> frozenset[str]:
    return frozenset(permitted.split(",") if permitted else ())


def permissions_of_user(user: User) -> frozenset[str]:
    """Return the permissions of a staff member's groups, as `has_perm` reads them; one query, for others none."""
    return frozenset(user.get_all_permissions()) if user.role == Role.STAFF else frozenset()


def annotate_group_name(users: UserQuerySet) -> UserQuerySet:
    """Add the name of each account's group as `group`, None for customers."""
    names = auth.Group.objects.filter(user=OuterRef("pk")).order_by().values_list(_StringAgg("name"))
    found: UserQuerySet = users.annotate(group=Subquery(names))
    return found


def find_back_office_user(username: str) -> User | None:
    """Return the staff member or admin of this name or None; the names are unique over all tenants."""
    with all_tenants(reason="log in to the back office"):
        user: User | None = User.objects.named(username).exclude(role=Role.CUSTOMER).open().first()
    return user


def get_back_office_user(username: str) -> User:
    """Return the staff member or admin of this name, for operators; raises NotFound."""
    user = find_back_office_user(username)
    if user is None:
        raise NotFound("The back office has no user of this name.")
    return user


def find_account_named(username: str) -> User | None:
    """Return the open account of this name whose home is the scope's tenant."""
    return _open_account_named(current_tenant_id(), username.lower()).first()


@compiled_query
def _open_account_named(home: UUID, lower_username: str) -> QuerySet[Any, User]:
    """Name the tenant and see all: where row-level security lets only some rows be seen, no index of an expression is
    used, and every account of the tenant would be read."""
    with all_tenants(reason="an index has the lower-case names of the accounts of all tenants"):
        found: QuerySet[Any, User] = User.objects.named(lower_username).open().filter(tenant_id=home).order_by()
    return found


def find_colleague_in_scope(username: str) -> User | None:
    """Return the staff member or admin of this name who may act in the current scope; one query."""
    member = Membership.objects.filter(user=OuterRef("pk"))
    with all_tenants(reason="a colleague may have another home than the scope"):
        named = User.objects.named(username).exclude(role=Role.CUSTOMER).open()
        user: User | None = named.filter(Q(role=Role.ADMIN) | Exists(member)).first()
    return user


def tenant_ids_of_user(user: User) -> frozenset[UUID]:
    """Return the ids of the tenants that a staff member works for."""
    with all_tenants(reason="which tenants a staff member belongs to"):
        return frozenset(Membership.objects.filter(user_id=user.pk).values_list("tenant_id", flat=True))


def require_tenant_entry(tenant: Tenant, actor: Actor) -> None:
    """Raise MembersOnly for the anonymous in a MEMBERS tenant."""
    if tenant.is_members_only and not actor.is_authenticated:
        raise MembersOnly


def require_active_account(user: User) -> None:
    """Raise AccountSuspended for a suspended account."""
    if user.status == User.Status.SUSPENDED:
        raise AccountSuspended


@requires_access(TokenScope.READ_USER)
def get_visible_user(user_id: UUID, *, actor: Actor) -> User:
    """Return one account of the scope: the caller's own, or any for staff.

    Raises:
        LoginRequired, Forbidden, NotFound
    """
    user = get_open_account(user_id, actor=actor)
    if user_id != actor.user_id and not actor.is_staff:
        raise Forbidden("This account belongs to somebody else.")
    return user


def list_visible_users(user_ids: Collection[UUID], *, actor: Actor) -> UserQuerySet:
    """Return those of the accounts that `get_visible_user` would return: the caller's own, or any for staff."""
    visible = user_ids if actor.is_staff else [user_id for user_id in user_ids if user_id == actor.user_id]
    found: UserQuerySet = list_open_users().filter(pk__in=visible)
    return found


def get_open_account(user_id: UUID, *, actor: Actor) -> User:
    """Return an open account of the scope to a caller who is logged in, whoever it belongs to.

    Raises:
        LoginRequired, NotFound
    """
    actor.require_login()
    found = _open_account_by_id(user_id) if is_one_tenant_open() else list_open_users().filter(pk=user_id)
    user = found.first()
    if user is None:
        raise NotFound("There is no such user.")
    return user


@compiled_query
def _open_account_by_id(user_id: UUID) -> QuerySet[Any, User]:
    return list_open_users().filter(pk=user_id).order_by()


class UserRow(NamedTuple):
    """The columns of an account in a list; cheaper than a model."""

    id: UUID
    username: str
    email: str
    first_name: str
    last_name: str
    phone: str
    newsletter: bool
    notifications: bool
    role: str
    status: str
    created_at: datetime
    updated_at: datetime
    tenant_id: UUID


def select_user_rows() -> QuerySet[Any, tuple[Any, ...]]:
    """Select the rows of UserRow of the scope's open accounts, in no order."""
    return list_open_users().order_by().values_list(*UserRow._fields)


def list_open_users() -> UserQuerySet:
    """Return the open accounts of the scope."""
    found: UserQuerySet = User.objects.open()
    return found


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def list_accounts_for_staff(actor: Actor) -> UserQuerySet:
    """Return the open accounts of the scope, for its staff.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_staff()
    return list_open_users()


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def get_account_for_staff(user_id: UUID, *, actor: Actor) -> User:
    """Return an open account of the scope, for its staff.

    Raises:
        LoginRequired, Forbidden, NotFound
    """
    actor.require_staff()
    return get_open_account(user_id, actor=actor)


def count_users_by_status() -> dict[str, int]:
    """Count the open accounts of the scope by status; a status that none has is zero."""
    return dict.fromkeys((User.Status.ACTIVE.value, User.Status.SUSPENDED.value), 0) | dict(_open_users_by_status())


@compiled_query
def _open_users_by_status() -> QuerySet[Any, tuple[str, int]]:
    return list_open_users().order_by().values_list("status").annotate(number=Count("*"))


def open_account_exists(user_id: UUID) -> bool:
    """Return whether the scope has an open account of this id."""
    return list_open_users().filter(pk=user_id).exists()


def _role_in_scope(role: Role, *, is_member: bool) -> Role:
    if role is Role.ADMIN or (role is Role.STAFF and is_member):
        return role
    return Role.CUSTOMER


def usernames_by_id(user_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the usernames of the accounts that are in the scope, by id, in one query."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "username"))


def get_principal_user(principal: Principal) -> User:
    """Return the account of a principal, wherever its home is."""
    with all_tenants(reason="a colleague who is logged in may have another home than the scope"):
        user: User = User.objects.get(pk=principal.user_id)
    return user


def may_change_status(user: User, actor: Actor) -> bool:
    """Return whether the actor may change an account's status: not a closed one or their own; staff's only admins."""
    if user.status == User.Status.CLOSED or user.pk == actor.user_id:
        return False
    return actor.is_admin or (actor.has_permission(Permission.CHANGE_USERS) and user.role == Role.CUSTOMER)


def may_reset_password(user: User, actor: Actor) -> bool:
    """Return whether the actor may make a reset link: for a customer; for staff and admins only admins may."""
    if user.status != User.Status.ACTIVE:
        return False
    return actor.is_admin or (actor.has_permission(Permission.CHANGE_USERS) and user.role == Role.CUSTOMER)


def may_change_group(user: User, actor: Actor) -> bool:
    """Return whether the actor may change an account's group: admins only, and open accounts of staff only."""
    return actor.is_admin and user.role == Role.STAFF and user.status != User.Status.CLOSED


def tenant_of_user(user_id: UUID) -> UUID:
    """Return the tenant of an open account, for operators who know only its id; raises NotFound."""
    with all_tenants(reason="an operator names an account by its id alone"):
        tenant_id: UUID | None = list_open_users().filter(pk=user_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        raise NotFound("There is no such user.")
    return tenant_id
