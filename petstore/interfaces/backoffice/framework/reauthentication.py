"""Asking for one's own password where a sensitive step wants a fresh proof."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from kernel.errors import DomainError, FreshProofRequired


def password_field(**options: Any) -> forms.CharField:
    """A field for the password of whoever is at the screen."""
    return forms.CharField(
        label="Your password",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
        help_text="It has been a while since you gave it.",
        **options,
    )


class ReauthenticationForm(forms.Form):
    """Stands below the fields of a form that adds or changes a row."""

    own_password = password_field(required=False)

    @classmethod
    def from_request(cls, request: HttpRequest) -> "ReauthenticationForm":
        """The form with the password that was sent, or an empty one where none was."""
        return cls(request.POST if request.POST.get("own_password") else None)

    def reauthenticate(self, request: HttpRequest, site: Any) -> None:
        """Have the site check the password, if there is one.

        Raises:
            FreshProofRequired: it is wrong, or not looked at; the field says so.
        """
        if not self.is_valid():
            return
        try:
            site.reauthenticate(request, self.cleaned_data["own_password"])
        except DomainError as refusal:
            self.add_error("own_password", refusal.detail)
            raise FreshProofRequired("Nothing is saved yet.") from refusal
