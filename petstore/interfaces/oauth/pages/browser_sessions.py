"""The browser session of a person on these pages: a log-in session whose token is in a cookie.

It ends as all log-in sessions do: by a suspension, a closed account, a new password, or logging out. Its token has an
audience of its own, so that neither a bearer token opens these pages nor this cookie anything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from accounts.claims import Claims
from accounts.errors import BadToken, ForeignToken
from accounts.models import LoginSession, User
from accounts.queries import authenticate_token_bearer, get_principal_user
from accounts.services.sessions import revoke_login_session
from kernel import clock
from kernel.access import Access
from kernel.actor import Actor
from petstore.interfaces.calls import admit_caller, open_tenant_scope
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.tokens import BrowserToken, read_browser_token
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, public_tenant_id, tenant_scope

COOKIE: Final = "petstore-oauth"
PATH: Final = settings.OAUTH_PREFIX.rstrip("/")
OWN_LOGIN: Final = Access(is_closed_to_applications=True)
"""These pages are for whoever gave the password themselves."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A person who is logged in on these pages, with the tenant of the session, whose scope is open.

    Attributes:
        user: their account, whose home may be another tenant where they are staff.
        session_id: the log-in session's.
    """

    tenant: Tenant
    actor: Actor
    user: User
    session_id: UUID


@contextmanager
def open_tenant(tenant_id: UUID | None) -> Iterator[Tenant]:
    """Open the scope of a tenant by its row's id or its public one, None for the shared pool.

    Raises:
        TenantSuspended
    """
    public = None if tenant_id is None else public_tenant_id(tenant_id)
    with open_tenant_scope(None if public is None else str(public)) as tenant:
        yield tenant


@contextmanager
def open_browser_session(request: HttpRequest, tenant_id: UUID | None = None) -> Iterator[BrowserSession | None]:
    """Open the browser's session and the scope of its tenant; None where it has no good one.

    Args:
        tenant_id: the tenant that the page is about: a session of another one does not count. None for any.

    Raises:
        TenantSuspended
    """
    claims = _read_session_claims(request)
    if claims is None or (tenant_id is not None and claims.tenant_id != public_tenant_id(tenant_id)):
        yield None
        return
    with open_tenant(claims.tenant_id) as tenant:
        yield _authenticate_session(request, claims, tenant)


def find_session_user(request: HttpRequest) -> UUID | None:
    """Return whom the cookie names, for counting only: nothing is looked up."""
    claims = _read_session_claims(request)
    return None if claims is None else claims.user_id


def start_browser_session(request: HttpRequest, response: HttpResponse, session: LoginSession) -> None:
    """Give the browser the token of a new log-in session; one that it has had ends."""
    end_browser_session(request)
    is_secure = request.is_secure() or bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(
        COOKIE,
        str(BrowserToken.for_session(session, clock.now())),
        max_age=BrowserToken.lifetime // timedelta(seconds=1),
        path=PATH,
        secure=is_secure,
        httponly=True,
        samesite="Lax",
    )
    rotate_token(request)


def end_browser_session(request: HttpRequest, response: HttpResponse | None = None) -> None:
    """Revoke the browser's log-in session, wherever it is, and take its cookie away where there is a response."""
    claims = _read_session_claims(request)
    if claims is not None:
        with tenant_scope(claims.tenant_id or SHARED_POOL_ID):
            revoke_login_session(claims=claims)
    if response is not None:
        response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
        rotate_token(request)


def _read_session_claims(request: HttpRequest) -> Claims | None:
    try:
        return read_browser_token(request.COOKIES.get(COOKIE, ""))
    except BadToken:
        return None


def _authenticate_session(request: HttpRequest, claims: Claims, tenant: Tenant) -> BrowserSession | None:
    try:
        principal = authenticate_token_bearer(claims)
    except (BadToken, ForeignToken):
        return None
    actor = admit_caller(principal, OWN_LOGIN, tenant, peer_of_request(request))
    return BrowserSession(tenant, actor, get_principal_user(principal), claims.session_id)
