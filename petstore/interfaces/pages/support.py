"""The page on which customers write to the store (contract, Support page)."""

from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import MAX_TEXT
from petstore.interfaces.http.support_addresses import SUPPORT_PATH, find_asked_address, find_support_tenant
from petstore.interfaces.pages.secret_links import render_closed_store
from petstore.settings.addresses import CHAT_SOCKET_PATH
from tenants.errors import TenantSuspended, UnknownTenant
from tenants.queries import resolve_tenant

HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


@require_safe
def show_support_page(request: HttpRequest) -> HttpResponse:
    """Show the page of a tenant or of the shared pool, the same to everybody: its script finds out who is there."""
    address = find_asked_address(request.GET)
    if address is None:
        raise Http404
    tenant_id = find_support_tenant(address)
    try:
        tenant = resolve_tenant(None if tenant_id is None else str(tenant_id))
    except UnknownTenant as error:
        raise Http404 from error
    except TenantSuspended:
        return render_closed_store("Its support")
    if not tenant.name:  # nobody has written anything to it yet, so nobody can log in
        raise Http404
    query = address.removeprefix(SUPPORT_PATH)
    context = {
        "shop": tenant.seller_name,
        "login_url": f"{settings.OAUTH_PREFIX}login?next={quote(address, safe='')}",
        "session_url": f"{settings.OAUTH_PREFIX}support/session{query}",
        "socket_url": f"{CHAT_SOCKET_PATH}{query}",
        "rooms_url": f"{settings.BACK_OFFICE_PREFIX}chat/room/",
        "max_text": MAX_TEXT,
    }
    page = render(request, "support.html", context)
    for name, value in HEADERS.items():
        page[name] = value
    return page
