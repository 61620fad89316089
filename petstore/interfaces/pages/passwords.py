"""The page of a password reset link."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.errors import BadResetLink
from accounts.models import User
from accounts.services.passwords import check_reset_token, reset_forgotten_password
from kernel.actor import Actor
from kernel.errors import Invalid
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.client_ip import read_client_address
from petstore.interfaces.http.login_throttle import TooManyAttempts, count_login_attempt, too_many_attempts_page
from petstore.interfaces.http.password_rules import MAX_PASSWORD, PASSWORD_HELP

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "strict-origin"}
"""The address is a secret. With `no-referrer` the form would have no origin, and the CSRF check would refuse it."""


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        help_text=PASSWORD_HELP,
    )
    again = forms.CharField(
        label="Repeat the password",
        strip=False,
        max_length=MAX_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise forms.ValidationError("The two passwords differ.")
        return again


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def show_new_password_page(request: HttpRequest, user_id: UUID, token: str) -> HttpResponse:
    """Set a new password for the account of a valid link; all other links get the same page.

    A GET counts as an attempt, too, for it shows whether a link is valid.
    """
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        count_login_attempt(peer_of_request(request))
        user = check_reset_token(user_id=user_id, token=token)
        is_done = form.is_valid() and _set_new_password(request, user, token, form)
    except BadResetLink:
        return _render_password_page(request, 404, state="invalid")
    except TooManyAttempts as error:
        return too_many_attempts_page(error)
    return _render_password_page(request, 200, state="done" if is_done else "form", account=user, form=form)


def _set_new_password(request: HttpRequest, user: User, token: str, form: NewPasswordForm) -> bool:
    """Reset the password and return True, or add the reason to the form and return False."""
    actor = Actor(ip_address=read_client_address(request), request_id=getattr(request, "request_id", ""))
    try:
        reset_forgotten_password(user_id=user.pk, token=token, password=form.cleaned_data["password"], actor=actor)
    except Invalid as error:
        for fault in error.faults:
            form.add_error("password", fault.message)
        return False
    return True


def _render_password_page(request: HttpRequest, status: int, **context: object) -> HttpResponse:
    page = render(request, "password.html", context, status=status)
    for name, value in HEADERS.items():
        page[name] = value
    return page
