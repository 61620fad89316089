"""Ask for one's own password where a sensitive step requires that it was given lately."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from kernel.errors import DomainError, FreshProofRequired


def build_password_field(**options: Any) -> forms.CharField:
    """Return a form field for the password of the logged-in user."""
    return forms.CharField(
        label="Your password",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
        help_text="You gave it some time ago; this step asks for it again.",
        **options,
    )


class ReauthenticationForm(forms.Form):
    """The password field below the form of a row that is added or changed."""

    own_password = build_password_field(required=False)

    @classmethod
    def from_request(cls, request: HttpRequest) -> "ReauthenticationForm":
        """Return the form with the password that was sent, or an empty one."""
        return cls(request.POST if request.POST.get("own_password") else None)

    def reauthenticate_user(self, request: HttpRequest, site: Any) -> None:
        """Let the site check the password, if one was sent.

        Raises:
            FreshProofRequired: it is wrong, or too many were tried; the field says so.
        """
        if not self.is_valid():
            return
        try:
            site.reauthenticate_user(request, self.cleaned_data["own_password"])
        except DomainError as error:
            self.add_error("own_password", error.detail)
            raise FreshProofRequired("Nothing is saved yet.") from error
