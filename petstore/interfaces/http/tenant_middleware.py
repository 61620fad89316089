"""Opens the scope that X-Tenant-ID names around everything the request does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel.errors import DomainError
from tenants.queries import resolve_tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope


class TenantMiddleware:
    """Subclassed by the edge, which knows its paths (`applies`) and how a refusal looks (`refuse`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.applies(request):
            return self.get_response(request)
        try:
            tenant = resolve_tenant(request.META.get("HTTP_X_TENANT_ID"))
        except DomainError as error:
            return self.refuse(request, error)
        request.tenant = tenant  # type: ignore[attr-defined]  # Django types no attributes of ours
        is_provisional = tenant._state.adding and tenant.id != SHARED_POOL_ID
        with tenant_scope(tenant.id, is_provisional=is_provisional):
            return self.get_response(request)

    def applies(self, request: HttpRequest) -> bool:
        """Whether this request is one of the edge's."""
        raise NotImplementedError

    def refuse(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """The answer to a request whose tenant is refused."""
        raise NotImplementedError
