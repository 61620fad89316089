"""Pages and redirects with the headers that all of them have, and refusals as pages."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.errors import AccountSuspended
from kernel.errors import DomainError
from petstore.interfaces.calls import RateLimitExceeded
from petstore.interfaces.http.login_throttle import TooManyAttempts
from petstore.interfaces.http.problems import Problem, translate_exception
from petstore.interfaces.oauth.pages.next_addresses import build_login_address
from tenants.errors import TenantSuspended

View = Callable[[HttpRequest], HttpResponse]

HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
"""A page with a form relaxes the referrer policy to `same-origin` in its head: with `no-referrer` a browser sends the
form with `Origin: null`, which the CSRF check refuses. Other sites get no referrer either way."""
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{}; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_WORDS: Final[Mapping[type[DomainError], tuple[str, str]]] = {
    TenantSuspended: (
        "This store is closed for now",
        "Nobody can log in to it, and no application can act for its customers, until it opens again.",
    ),
    AccountSuspended: (
        "This account is suspended",
        "It cannot be used for now, and neither can the applications that it allowed. Ask the store why.",
    ),
    TooManyAttempts: ("Please wait a moment", ""),
    RateLimitExceeded: (
        "Please wait a moment",
        "There were too many requests from your network. Try again in a minute.",
    ),
}
"""Heading and sentence where the problem's own are not for customers; no sentence: the problem's."""


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, object], *, status: int = 200, form_target: str = ""
) -> HttpResponse:
    """Render a page of `templates/oauth/`.

    Args:
        form_target: where the answer to the page's form may redirect, besides this site, as a source of a CSP.
    """
    page = HttpResponse(render_to_string(f"oauth/{template}.html", dict(context), request), status=status)
    return _set_page_headers(page, form_target)


def render_notice(  # noqa: PLR0913  # the parts of a page
    request: HttpRequest,
    heading: str,
    sentence: str,
    *,
    status: int = 200,
    role: str = "alert",
    shop: str = "",
    links_to_granted: bool = False,
) -> HttpResponse:
    """Render a page that says one thing.

    Args:
        role: `alert` for a refusal, `status` for what has been done.
        shop: the store that it is about, where it is about one.
        links_to_granted: with a way to what the person has allowed.
    """
    context = {
        "heading": heading,
        "sentence": sentence,
        "role": role,
        "shop": shop,
        "links_to_granted": links_to_granted,
    }
    return render_page(request, "notice", context, status=status)


def redirect_to(address: str) -> HttpResponse:
    """Redirect by 302 to an address that was checked; it may have a private scheme, which Django's class refuses."""
    return _set_page_headers(HttpResponse(status=302, headers={"Location": address}))


def redirect_to_login(next_address: str) -> HttpResponse:
    """Redirect to the log-in, which leads on to a page of ours."""
    return redirect_to(build_login_address(next_address))


def show_refusals(view: View) -> View:
    """Decorate a view: what a use case refuses becomes a page that says so."""

    @wraps(view)
    def respond(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except DomainError as error:
            return _render_refusal(request, error)

    return respond


def _render_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    problem = translate_exception(error) or Problem.of_status(400)
    heading, sentence = _WORDS.get(type(error), (problem.title, ""))
    page = render_notice(request, heading, sentence or problem.detail, status=problem.status)
    if error.retry_after:
        page["Retry-After"] = str(error.retry_after)
    return page


def _set_page_headers(page: HttpResponse, form_target: str = "") -> HttpResponse:
    page["Content-Security-Policy"] = _POLICY.format(f" {form_target}" if form_target else "")
    for name, value in HEADERS.items():
        page[name] = value
    return page
