"""Log in and out on the pages of OAuth 2.0."""

from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import WrongCredentials
from accounts.models import LoginSession
from accounts.services.sessions import log_in
from kernel.access import access_of
from petstore.interfaces.calls import admit_caller
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.login_throttle import count_login_attempt, throttle_login_attempt
from petstore.interfaces.oauth.pages.browser_sessions import end_browser_session, open_tenant, start_browser_session
from petstore.interfaces.oauth.pages.login_targets import LoginTarget, find_login_target
from petstore.interfaces.oauth.pages.next_addresses import clean_next_address
from petstore.interfaces.oauth.pages.responses import (
    redirect_to,
    redirect_to_login,
    render_notice,
    render_page,
    show_refusals,
)
from tenants.models import Tenant

MAX_CREDENTIAL: Final = 1024
WRONG_PAIR: Final = "Username or password is wrong. Check both, also capital letters, and try again."


class LoginForm(forms.Form):
    """Username and password."""

    username = forms.CharField(
        max_length=MAX_CREDENTIAL,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": "Enter your username."},
    )
    password = forms.CharField(
        strip=False,
        max_length=MAX_CREDENTIAL,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@show_refusals
def show_login_page(request: HttpRequest) -> HttpResponse:
    """Log a customer or a staff member in at the tenant that `next` leads to, by default the shared pool.

    A log-in always makes a new session, so that nobody can put a person into a session of theirs.
    """
    is_sent = request.method == "POST"
    if is_sent:
        count_login_attempt(peer_of_request(request))
    target = find_login_target(request, (request.POST if is_sent else request.GET).get("next"))
    form = LoginForm(request.POST if is_sent else None, label_suffix="")
    with open_tenant(target.tenant_id) as tenant:
        session = _try_log_in(request, form, tenant) if form.is_valid() else None
        if session is None:
            return _render_login_page(request, form, target, tenant)
        response = redirect_to(target.next_address)
        start_browser_session(request, response, session)
        return response


@require_POST
@show_refusals
def log_out_here(request: HttpRequest) -> HttpResponse:
    """End the browser's session, also on the server, and lead to the log-in where `next` says for which page."""
    next_address = request.POST.get("next")
    if next_address:
        response = redirect_to_login(clean_next_address(next_address))
    else:
        response = render_notice(
            request, "You are logged out", "What you allowed stays allowed until you withdraw it.", role="status"
        )
    end_browser_session(request, response)
    return response


def _try_log_in(request: HttpRequest, form: LoginForm, tenant: Tenant) -> LoginSession | None:
    """Start a log-in session, or add the one sentence of every wrong pair to the form and return None."""
    peer = peer_of_request(request)
    username, password = form.cleaned_data["username"], form.cleaned_data["password"]
    actor = admit_caller(None, access_of(log_in), tenant, peer)
    try:
        with throttle_login_attempt(peer, username):
            return log_in(username=username, password=password, actor=actor)
    except WrongCredentials:
        form.add_error(None, WRONG_PAIR)
        return None


def _render_login_page(request: HttpRequest, form: LoginForm, target: LoginTarget, tenant: Tenant) -> HttpResponse:
    if form.errors:
        wrong = "username" if "username" in form.errors else "password"
        form.fields["username"].widget.attrs["autofocus"] = wrong == "username"
        form.fields["password"].widget.attrs["autofocus"] = wrong == "password"
    context = {"form": form, "next": target.next_address, "shop": tenant.seller_name, "application": target.application}
    return render_page(request, "login", context, form_target=target.form_target)
