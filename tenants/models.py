from typing import ClassVar
from uuid import UUID

from django.db import models

from kernel import clock, ids
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import SHARED_POOL_ID

MAX_NAME = 100
POOLS_SELLER = "Pet Store"


class TenantManager(models.Manager["Tenant"]):
    def provision_tenant(self, tenant_id: UUID) -> None:
        """Create the OPEN tenant that a caller named, unless it exists by now (contract, Tenancy)."""
        row = Tenant(id=tenant_id, name=f"Tenant {tenant_id}", slug=str(tenant_id))
        self.bulk_create([row], ignore_conflicts=True)


class Tenant(models.Model):
    """A shop or shelter whose rows nobody else sees.

    OPEN tenants let in whoever names their id; MEMBERS tenants ask for a token of theirs; a SUSPENDED
    one answers nobody but admins in the back office. The shared pool is a row here too, so that no
    tenant column is ever NULL.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"

    class Access(models.TextChoices):
        OPEN = "OPEN"
        MEMBERS = "MEMBERS"

    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    slug = models.SlugField(max_length=60, unique=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    access = models.CharField(max_length=7, choices=Access, default=Access.OPEN)
    created_at = DateTimeField(default=clock.now, editable=False)
    updated_at = DateTimeField(default=clock.now, editable=False)
    access_version = models.PositiveBigIntegerField(default=1, db_default=1, editable=False)
    """Raised by PostgreSQL's triggers with each change that decides who may enter: the tenant's status and access, its
    customers' status, role and token version, and the end of their log-ins."""

    objects: ClassVar[TenantManager] = TenantManager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=("ACTIVE", "SUSPENDED")), name="tenant_status_known"),
            models.CheckConstraint(condition=models.Q(access__in=("OPEN", "MEMBERS")), name="tenant_access_known"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared_pool(self) -> bool:
        return self.id == SHARED_POOL_ID

    @property
    def seller_name(self) -> str:
        """The seller's name on receipts; the shared pool's own name is for staff only."""
        return POOLS_SELLER if self.is_shared_pool else self.name

    @property
    def is_suspended(self) -> bool:
        return self.status == self.Status.SUSPENDED

    @property
    def is_members_only(self) -> bool:
        return self.access == self.Access.MEMBERS
