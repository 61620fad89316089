"""The first wall between tenants: no query without a scope, no write across it (contract, Tenancy).

A scope is one tenant (every request and every use case), several (a staff member's screens), or, for a
stated and logged reason, all. It lives in a ContextVar: a bare thread has none and must open its own.
"""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from kernel.errors import FieldFault, Invalid
from kernel.text import find_line_fault, find_text_fault
from tenants.errors import TenantChanged

logger = logging.getLogger(__name__)

SHARED_POOL_ID = UUID(int=1)
"""The shared pool's row. No header can name it: it is neither a v4 nor a v7 UUID."""


class NoTenantScope(RuntimeError):
    """A query or write without a scope: a defect of the code, never of the request."""


class ForeignTenantWrite(RuntimeError):
    """A write to a tenant outside the scope: a defect of the code."""


class ScopeKind(IntEnum):
    """The width of a scope; on PostgreSQL each kind has a log-in role of its own (guarantees, G6)."""

    ONE = 1
    SEVERAL = 2
    ALL = 3


class ScopeTooWide(RuntimeError):
    """A scope that is wider than the transaction it is used in: a defect of the code.

    Open the wider scope around the transaction: its role was chosen when it began.
    """


@dataclass(slots=True, eq=False)
class VersionCheck:
    """The check of one request whether what a process remembers of its tenant is still true.

    Attributes:
        expected: the `Tenant.access_version` that it was read at; None once the request is over, for what goes on after
            it, such as a stream, looks at its caller anew each time.
        has_passed: a statement of the request has found this version.
        has_failed: one has found another.
    """

    expected: int | None
    has_passed: bool = False
    has_failed: bool = False

    def compare_version(self, found: int | None) -> None:
        """Compare it with the version that a statement has found; raises TenantChanged."""
        if found != self.expected:
            self.has_failed = True
            raise TenantChanged
        self.has_passed = True


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenants whose rows may be seen and written.

    Attributes:
        tenant_ids: the tenants; None for all of them.
        is_provisional: the one tenant has no row yet and gets it with the first write.
        access_check: what the process remembers of the tenant was read at a certain `Tenant.access_version`; statements
            check it, where the database can (`database.scope_messages`), and raise TenantChanged. None for no check.
    """

    tenant_ids: frozenset[UUID] | None
    is_provisional: bool = False
    access_check: VersionCheck | None = None

    def admits_tenant(self, tenant_id: UUID) -> bool:
        """Say whether the scope has this tenant."""
        return self.tenant_ids is None or tenant_id in self.tenant_ids

    @property
    def scope_kind(self) -> ScopeKind:
        """The width of the scope."""
        if self.tenant_ids is None:
            return ScopeKind.ALL
        return ScopeKind.ONE if len(self.tenant_ids) == 1 else ScopeKind.SEVERAL

    @property
    def tenant_id(self) -> UUID:
        """The scope's one tenant; raises NoTenantScope if it has several or all."""
        if self.tenant_ids is None or len(self.tenant_ids) != 1:
            raise NoTenantScope("This needs a scope of exactly one tenant.")
        return next(iter(self.tenant_ids))

    def claim_row(self, row: "TenantOwned") -> None:
        """Give a new row the scope's tenant; refuse a row of a foreign one."""
        if row.tenant_id is None:
            row.tenant_id = self.tenant_id
        if not self.admits_tenant(row.tenant_id):
            raise ForeignTenantWrite(f"{type(row).__name__} of a tenant outside the scope.")


_scope: ContextVar[Scope | None] = ContextVar("tenant_scope", default=None)
_wide_scopes: ContextVar[list[str] | None] = ContextVar("wide_scopes", default=None)
ALL_TENANTS = Scope(None)


def find_scope() -> Scope | None:
    """Return the open scope, or None."""
    return _scope.get()


def current_scope() -> Scope:
    """Return the open scope; raises NoTenantScope if there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoTenantScope("Open a scope first: tenant_scope(), member_scope() or all_tenants().")
    return scope


def current_tenant_id() -> UUID:
    """Return the one tenant of the scope; raises NoTenantScope if there is none or more than one."""
    return current_scope().tenant_id


def is_one_tenant_open() -> bool:
    """Return whether the scope is that of one tenant."""
    tenant_ids = current_scope().tenant_ids
    return tenant_ids is not None and len(tenant_ids) == 1


def public_tenant_id(tenant_id: UUID) -> UUID | None:
    """Return the tenant as callers see it: None for the shared pool (contract, Tenancy)."""
    return None if tenant_id == SHARED_POOL_ID else tenant_id


class _OpenScope(AbstractContextManager[None]):
    """A scope that is open inside a `with` block; a class, since every request opens one and generators cost more."""

    __slots__ = ("_opened", "_token")

    def __init__(self, scope: Scope) -> None:
        self._opened = scope

    def __enter__(self) -> None:
        self._token = _scope.set(self._opened)

    def __exit__(self, *_error: object) -> None:
        _scope.reset(self._token)


def tenant_scope(
    tenant_id: UUID, *, is_provisional: bool = False, access_check: VersionCheck | None = None
) -> AbstractContextManager[None]:
    """Open the scope of one tenant."""
    return _OpenScope(Scope(frozenset((tenant_id,)), is_provisional, access_check))


def member_scope(tenant_ids: Iterable[UUID]) -> AbstractContextManager[None]:
    """Open the scope of all tenants of one staff member; writes use `tenant_scope`."""
    return _OpenScope(Scope(frozenset(tenant_ids)))


def all_tenants(*, reason: str) -> AbstractContextManager[None]:
    """Open the scope of every tenant; the reason goes to the log."""
    logger.debug("all tenants in scope: %s", reason)
    recorded = _wide_scopes.get()
    if recorded is not None:
        recorded.append(reason)
    return _OpenScope(ALL_TENANTS)


@contextmanager
def record_wide_scopes() -> Iterator[list[str]]:
    """Yield a list that gets the reason of each scope of every tenant that is opened in the block."""
    reasons: list[str] = []
    token = _wide_scopes.set(reasons)
    try:
        yield reasons
    finally:
        _wide_scopes.reset(token)


def reopen_scope(scope: Scope) -> AbstractContextManager[None]:
    """Open a scope again that has closed: the body of a streamed response is made after its request."""
    return _OpenScope(scope)


_Row = TypeVar("_Row", bound="TenantOwned")


class TenantQuerySet(models.QuerySet[_Row]):
    """A queryset whose bulk writes stay inside the scope."""

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **kwargs: Any) -> list[_Row]:
        rows = list(objs)
        prepare_writes(rows)
        return super().bulk_create(rows, *args, **kwargs)


class ScopedManager(models.Manager[_Row]):
    """The manager of tenants' rows: filters by the open scope, and raises without one."""

    def get_queryset(self) -> models.QuerySet[_Row]:
        rows = super().get_queryset()
        tenant_ids = current_scope().tenant_ids
        if tenant_ids is None:
            return rows
        if len(tenant_ids) == 1:
            return rows.filter(tenant_id=next(iter(tenant_ids)))
        return rows.filter(tenant_id__in=tenant_ids)


def _list_field_faults(error: ValidationError) -> Iterator[FieldFault]:
    for name, problems in error.error_dict.items():
        for problem in problems:
            yield FieldFault(name, problem.messages[0], problem.code or "invalid")


def _list_text_faults(row: models.Model, exclude: Collection[str]) -> Iterator[FieldFault]:
    """Yield a fault for each text with control or direction characters; only long texts may have several lines."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.name in exclude or not isinstance(value, str):
            continue
        fault_of = find_text_fault if isinstance(field, models.TextField) else find_line_fault
        fault = fault_of(field.name, value)
        if fault is not None:
            yield fault


def tenant_key(*, is_implied: bool = False) -> "models.ForeignKey[Any, Any]":
    """Build the foreign key to a row's tenant.

    Args:
        is_implied: a composite key names the row's parent in the same tenant, so the database need not look for the
            tenant again, and writers at the same moment need not share its lock.
    """
    return models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
        db_constraint=not is_implied,
    )


class TenantOwned(models.Model):
    """A row that belongs to one tenant for ever.

    The database holds the same line: tenant NOT NULL and immutable by trigger, references by
    (tenant, id) (`tenants.migration_operations`).
    """

    tenant = tenant_key()

    objects = ScopedManager.from_queryset(TenantQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        prepare_writes((self,))
        super().save(*args, **kwargs)

    def claim_tenant(self) -> None:
        """Set the scope's tenant, or refuse a foreign one."""
        current_scope().claim_row(self)

    def check_fields(self, *, exclude: Collection[str] = ()) -> None:
        """Raise Invalid for values that the model's fields refuse, and for texts with characters that no text has."""
        exclude = {"tenant", *exclude}
        try:
            self.clean_fields(exclude=exclude)
        except ValidationError as error:
            raise Invalid(faults=tuple(_list_field_faults(error))) from error
        faults = tuple(_list_text_faults(self, exclude))
        if faults:
            raise Invalid(faults=faults)


def prepare_writes(rows: Iterable[TenantOwned]) -> None:
    """Set the scope's tenant in the rows; a provisional tenant is created in the transaction of this write."""
    scope = current_scope()
    for row in rows:
        scope.claim_row(row)
    if scope.is_provisional:
        apps.get_model("tenants.Tenant").objects.provision_tenant(scope.tenant_id)
