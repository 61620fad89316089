"""The authorization endpoint: the page on which people allow or deny what an application asks for (RFC 6749, 4.1.1)."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from applications.queries import find_application, narrow_to_user
from applications.services.consents import find_missing_scopes, grant_consent
from kernel.access import Access, CountedBy
from kernel.caller import NO_CREDENTIALS
from petstore.interfaces.calls import count_against_quota
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.scope_words import describe_scopes
from petstore.interfaces.oauth.authorization import (
    AuthorizationRefused,
    AuthorizationRequest,
    UnsafeAuthorization,
    allow_authorization,
    deny_authorization,
    read_authorization_request,
    refuse_authorization,
)
from petstore.interfaces.oauth.pages.browser_sessions import BrowserSession, open_browser_session
from petstore.interfaces.oauth.pages.destinations import describe_destination
from petstore.interfaces.oauth.pages.next_addresses import build_login_address, read_single_parameter
from petstore.interfaces.oauth.pages.responses import (
    redirect_to,
    redirect_to_login,
    render_notice,
    render_page,
    show_refusals,
)
from tenants.errors import TenantSuspended
from tenants.transactions import begin_wide_transaction

_BY_ADDRESS: Final = Access(is_token_optional=True, counted_by=CountedBy.ADDRESS)
"""An answer may be a code, which is stored."""
UNKNOWN: Final = (
    "The application that sent you here is not known to this store, or would send you on to an address that is not its "
    "own. Nothing was allowed. Close this page, and start again in the application."
)
PAUSED: Final = "The store has paused it, and it gets nothing for now. Nothing was allowed."


@require_http_methods(["GET", "HEAD", "POST"])
@show_refusals
def show_consent_page(request: HttpRequest) -> HttpResponse:
    """Ask the person, or answer the application at once where it has been allowed already.

    The query says what is asked for; the form is sent to the same address, and all of it is checked again.
    """
    counted = count_against_quota(NO_CREDENTIALS, _BY_ADDRESS, peer_of_request(request))
    if counted is not None:
        counted.require_quota_left()
    try:
        return _respond_to_request(request, read_authorization_request(request))
    except UnsafeAuthorization:
        return _render_doubt(request)
    except AuthorizationRefused as error:
        return redirect_to(error.location)


def _respond_to_request(request: HttpRequest, asked: AuthorizationRequest) -> HttpResponse:
    prompts = frozenset((asked.prompt or "").split())
    if "none" in prompts and len(prompts) > 1:
        refuse_authorization(asked, "invalid_request", "prompt is none or something else.")
    with open_browser_session(request, asked.application.tenant_id) as session:
        if session is None:
            if "none" in prompts:
                refuse_authorization(asked, "login_required", "The user is not logged in.")
            return redirect_to_login(request.get_full_path())
        scopes = narrow_to_user(asked.application, session.user, asked.scopes)
        if not scopes:
            refuse_authorization(asked, "invalid_scope", "The user has none of these rights.")
        if request.method == "POST" and request.POST.keys() & {"allow", "deny"}:
            return redirect_to(_answer_request(request, asked, session, scopes))
        if request.method == "GET" and not _asks_for_consent(asked, session, scopes, prompts):
            return redirect_to(allow_authorization(asked, user=session.user, scopes=scopes, actor=session.actor))
        if "none" in prompts:
            refuse_authorization(asked, "consent_required", "The user has not allowed this yet.")
        return _render_consent_page(request, asked, session, scopes)


def _asks_for_consent(
    asked: AuthorizationRequest, session: BrowserSession, scopes: tuple[str, ...], prompts: frozenset[str]
) -> bool:
    """Return whether the person has to be asked: a PUBLIC application could be any program (RFC 8252, 8.6)."""
    if asked.application.is_public or "consent" in prompts:
        return True
    return bool(find_missing_scopes(asked.application, session.user, scopes))


def _answer_request(
    request: HttpRequest, asked: AuthorizationRequest, session: BrowserSession, scopes: tuple[str, ...]
) -> str:
    """Return where the browser goes; a consent and its code are stored together or not at all."""
    if "deny" in request.POST:
        return deny_authorization(asked)
    with begin_wide_transaction(reason="an application says by its name which tenant it belongs to"):
        grant_consent(application=asked.application, user=session.user, scopes=scopes, actor=session.actor)
        return allow_authorization(asked, user=session.user, scopes=scopes, actor=session.actor)


def _render_consent_page(
    request: HttpRequest, asked: AuthorizationRequest, session: BrowserSession, scopes: tuple[str, ...]
) -> HttpResponse:
    destination = describe_destination(asked.redirect_uri)
    context = {
        "application": asked.application,
        "session": session,
        "shop": session.tenant.seller_name,
        "scopes": describe_scopes(scopes, is_staff=session.actor.is_staff),
        "destination": destination,
        "here": request.get_full_path(),
        "other_login": build_login_address(request.get_full_path()),
    }
    return render_page(request, "consent", context, form_target=destination.source)


def _render_doubt(request: HttpRequest) -> HttpResponse:
    """Say that the browser is sent nowhere, because the application or its address is in doubt."""
    application = find_application(read_single_parameter(request.GET, "client_id"))
    if application is not None and application.tenant.is_suspended:
        raise TenantSuspended
    if application is not None and not application.is_active:
        shop = application.tenant.seller_name
        return render_notice(request, f"{application} is paused", PAUSED, status=400, shop=shop)
    return render_notice(request, "This link does not work", UNKNOWN, status=400)
