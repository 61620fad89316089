"""The page of a person's consents, each with a button that withdraws it."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from applications.errors import ConsentNotFound
from applications.models import Consent
from applications.queries import list_consents
from applications.services.consents import withdraw_consent
from kernel import ids
from petstore.interfaces.http.scope_words import ScopeLine, describe_scopes
from petstore.interfaces.oauth.pages.browser_sessions import BrowserSession, open_browser_session
from petstore.interfaces.oauth.pages.next_addresses import GRANTED
from petstore.interfaces.oauth.pages.responses import redirect_to, redirect_to_login, render_page, show_refusals

WITHDRAWN: Final = f"{GRANTED}?withdrawn=1"


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """A consent as the page shows it."""

    consent: Consent
    scopes: list[ScopeLine]


@require_http_methods(["GET", "HEAD", "POST"])
@show_refusals
def show_granted_page(request: HttpRequest) -> HttpResponse:
    """Show what the person has allowed in the tenant of their session, or withdraw one of it."""
    with open_browser_session(request) as session:
        if session is None:
            return redirect_to_login(request.get_full_path() if request.method != "POST" else GRANTED)
        if request.method == "POST":
            return _withdraw_chosen_consent(request, session)
        return _render_consents(request, session)


def _withdraw_chosen_consent(request: HttpRequest, session: BrowserSession) -> HttpResponse:
    consent_id = ids.parse_id(request.POST.get("consent", ""))
    if consent_id is None:
        raise ConsentNotFound
    withdraw_consent(consent_id=consent_id, actor=session.actor)
    return redirect_to(WITHDRAWN)


def _render_consents(request: HttpRequest, session: BrowserSession) -> HttpResponse:
    lines = [
        ConsentLine(consent, describe_scopes(consent.scopes, is_staff=session.actor.is_staff))
        for consent in list_consents(session.user.pk)
    ]
    context = {
        "session": session,
        "shop": session.tenant.seller_name,
        "lines": lines,
        "is_withdrawn": "withdrawn" in request.GET,
    }
    return render_page(request, "granted", context)
