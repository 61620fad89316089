"""What a person has allowed to applications, each with a button that withdraws it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from petstore.interfaces.oauth.pages.browser_sessions import open_browser_session
from petstore.interfaces.oauth.pages.next_addresses import GRANTED
from petstore.interfaces.oauth.pages.rendering import redirect_to_login, render_page, show_refusals


@require_http_methods(["GET", "HEAD", "POST"])
@show_refusals
def show_granted_page(request: HttpRequest) -> HttpResponse:
    """Show what the person has allowed in the tenant of their session."""
    with open_browser_session(request) as session:
        if session is None:
            return redirect_to_login(GRANTED)
        return render_page(request, "granted", {"session": session, "shop": session.tenant.seller_name})
