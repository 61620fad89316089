from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.errors import CreateAdminByCommand
from kernel import clock, ids
from kernel.actor import Role
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import ScopedManager, TenantOwned, TenantQuerySet

USERNAME_PATTERN = r"^[A-Za-z0-9_.@+-]+$"
"""ASCII, as OpenAPI's readers understand `\\w`: no look-alikes, and one idea of case on every database."""

USERNAME_MIN = 3
PHONE_PATTERN = r"^\+?[1-9][0-9]{1,14}$"


class UserQuerySet(TenantQuerySet["User"]):
    def open(self) -> "UserQuerySet":
        """Select accounts that are not closed."""
        return self.exclude(status=User.Status.CLOSED)

    def named(self, username: str) -> "UserQuerySet":
        """Select by username, in any case."""
        return self.alias(lower_username=Lower("username")).filter(lower_username=username.lower())


class UserManager(ScopedManager["User"].from_queryset(UserQuerySet), BaseUserManager["User"]):  # type: ignore[misc]  # the base is made at run time
    def create_superuser(self, username: str, **_fields: object) -> "User":
        """Refuse Django's `createsuperuser`, which records no event; `create_admin` does."""
        raise CreateAdminByCommand(username)


class User(TenantOwned, AbstractBaseUser, PermissionsMixin):
    """A person known to one tenant: a customer, a staff member, or an admin of all tenants.

    Lives ACTIVE, may be SUSPENDED and made ACTIVE again, and ends CLOSED: its personal data erased, its
    orders kept. `token_version` grows when all tokens issued so far have to end.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        CLOSED = "CLOSED"

    ROLES = tuple((role.value, role.value.title()) for role in Role)

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    username = models.CharField(
        max_length=50,
        validators=[
            MinLengthValidator(USERNAME_MIN),
            RegexValidator(USERNAME_PATTERN.replace("$", r"\Z"), "Use letters, digits and @ . + - _ only."),
        ],
    )
    email = models.EmailField(max_length=254)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(
        max_length=16,
        blank=True,
        validators=[
            RegexValidator(PHONE_PATTERN.replace("$", r"\Z"), "Use digits, the country code first: +15551234567.")
        ],
    )
    newsletter = models.BooleanField(default=False)
    notifications = models.BooleanField(default=True)
    role = models.CharField(max_length=8, choices=ROLES, default=Role.CUSTOMER.value)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    token_version = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta(TenantOwned.Meta):
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("tenant", "created_at", "id"), name="user_oldest_first"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="user_tenant_id"),
            models.UniqueConstraint("tenant", Lower("username"), name="user_username_unique"),
            models.UniqueConstraint("tenant", Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(
                Lower("username"), condition=~models.Q(role="CUSTOMER"), name="user_back_office_username_unique"
            ),
            models.CheckConstraint(condition=models.Q(role__in=("CUSTOMER", "STAFF", "ADMIN")), name="user_role_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=("ACTIVE", "SUSPENDED", "CLOSED")), name="user_status_known"
            ),
        )

    def __str__(self) -> str:
        return self.username

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django keeps a column, we derive it
        return self.status == self.Status.ACTIVE

    @property
    def is_staff(self) -> bool:
        """Return whether the user may open the back office."""
        return self.is_active and self.role in (Role.STAFF, Role.ADMIN)

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]  # Django keeps a column, we derive it
        return self.is_active and self.role == Role.ADMIN

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Membership(TenantOwned):
    """The membership of a staff member in a tenant, which may be another one than the tenant of their account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    created_at = DateTimeField(default=clock.now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "user"), name="membership_once"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant}"


class LoginSession(TenantOwned):
    """A log-in and all tokens that come of it, which are revoked together."""

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    created_at = DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "id"), name="login_session_tenant_id"),)
        indexes = (models.Index(fields=("expires_at",), name="login_session_expiry"),)

    def __str__(self) -> str:
        return str(self.id)


class UsedRefreshToken(TenantOwned):
    """A refresh token that has been used. The UNIQUE jti makes it single-use (guarantees, G12)."""

    jti = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(
        LoginSession, on_delete=models.CASCADE, related_name="used_refresh_tokens", db_constraint=False
    )
    used_at = DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return str(self.jti)


class SavedFilterQuerySet(TenantQuerySet["SavedFilter"]):
    def for_user(self, user_id: UUID) -> "SavedFilterQuerySet":
        return self.filter(user_id=user_id)


class SavedFilter(TenantOwned):
    """The filters of a list that a staff member saved under a name, in the tenant of their account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    created_at = DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[Any] = ScopedManager.from_queryset(SavedFilterQuerySet)()

    class Meta(TenantOwned.Meta):
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("tenant", "user", "page", "name"), name="filter_named_once"),)

    def __str__(self) -> str:
        return self.name
