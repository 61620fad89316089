"""List filters that know of the scope."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from kernel import ids
from tenants.queries import visible_tenants

MAX_CHOICES = 200


class TenantFilter(DropdownFilter):
    """By tenant, for whoever sees more than one; it names those of the scope only."""

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [(str(tenant.pk), tenant.name) for tenant in visible_tenants()[:MAX_CHOICES]]
        return choices if len(choices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        tenant_id = ids.parse_id(self.value())
        return queryset.filter(tenant_id=tenant_id) if tenant_id else queryset.none()
