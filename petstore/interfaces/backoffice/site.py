"""The site of the back office: log-in, passwords, and the search of form fields."""

from dataclasses import fields
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from accounts.models import User
from accounts.services.registration import Profile, update_user_profile
from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.search import SearchTooLong
from petstore.interfaces.backoffice import session_timeout, sudo
from petstore.interfaces.backoffice.framework.autocomplete import ScopedAutocompleteView
from petstore.interfaces.backoffice.framework.forms import format_error_message
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.login_throttle import (
    LoginAttempt,
    TooManyAttempts,
    count_login_attempt,
    count_name_attempt,
    forgive_login_attempt,
    too_many_attempts_page,
)
from tenants.scoping import tenant_scope


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Change one's own password by the use case, which revokes all tokens issued so far."""

    def __init__(self, user: User, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.actor = actor

    def save(self, commit: bool = True) -> User:
        profile = Profile(**{field.name: getattr(self.user, field.name) for field in fields(Profile)})
        given = self.cleaned_data
        password, current = given["new_password1"], given["old_password"]
        with tenant_scope(self.user.tenant_id):
            changed = update_user_profile(
                user_id=self.user.pk, profile=profile, password=password, current_password=current, actor=self.actor
            )
        self.user.password = changed.password
        return changed


def _count_password_attempt(request: HttpRequest) -> LoginAttempt | None:
    """Count an attempt to give one's present password."""
    count_login_attempt(peer_of_request(request))
    return count_name_attempt(peer_of_request(request), request.user.get_username())


class BackOffice(UnfoldAdminSite):
    """Unfold's site, without the views that write without a use case."""

    index_title = "Dashboard"

    def get_urls(self) -> list[Any]:
        """Leave out `view_on_site`: no row has a page outside the back office."""
        return [route for route in super().get_urls() if getattr(route, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the log-in page, or log in; attempts count against the API's quota (contract, Rate limits)."""
        if request.method != "POST":
            page: HttpResponse = super().login(request, extra_context)
            return page
        try:
            count_login_attempt(peer_of_request(request))
            attempt = count_name_attempt(peer_of_request(request), request.POST.get("username", ""))
        except TooManyAttempts as error:
            return too_many_attempts_page(error)
        answer: HttpResponse = super().login(request, extra_context)
        if isinstance(answer, HttpResponseRedirect):  # a page instead of it shows what was wrong
            forgive_login_attempt(attempt)
            session_timeout.begin_staff_session(request)
            sudo.record_password_proof(request)
        return answer

    def needs_fresh_password(self, request: HttpRequest) -> bool:
        """Return whether a sensitive command has to ask for one's own password."""
        return not read_request_actor(request).has_fresh_proof(clock.now())

    def reauthenticate_user(self, request: HttpRequest, password: str) -> None:
        """Check one's own password; raises what `sudo.reauthenticate_user` raises."""
        sudo.reauthenticate_user(request, password)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.GET.get("term", ""):
            raise BadRequest
        try:
            answer = ScopedAutocompleteView.as_view(admin_site=self)(request)
        except SearchTooLong as error:
            raise BadRequest from error
        return answer

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        view = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, actor=read_request_actor(request)),
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        try:
            attempt = _count_password_attempt(request) if request.method == "POST" else None
            answer = view(request)
            if isinstance(answer, HttpResponseRedirect):
                forgive_login_attempt(attempt)
        except DomainError as error:
            messages.error(request, format_error_message(error))
            return redirect("admin:password_change")
        return answer

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Raise Http404 for Unfold's search of menu items: the menu is short, and every list has its own search."""
        raise Http404
