"""The page on which people connect a device that has no browser (RFC 8628, 3.3)."""

from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from applications.digests import format_user_code, normalize_user_code
from applications.models import DeviceAuthorization
from applications.queries import narrow_to_user
from applications.services.devices import answer_device_authorization, find_answer
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.scope_words import describe_scopes
from petstore.interfaces.oauth.pages.browser_sessions import (
    BrowserSession,
    find_session_user,
    open_browser_session,
)
from petstore.interfaces.oauth.pages.next_addresses import DEVICE, build_login_address, read_single_parameter
from petstore.interfaces.oauth.pages.responses import redirect_to_login, render_notice, render_page, show_refusals
from petstore.interfaces.oauth.pages.user_codes import find_device

MAX_TYPED: Final = 40
UNKNOWN: Final = (
    "This code is wrong, too old, or was used already. Compare it with what your device shows, or let the device show "
    "a new one."
)


class CodeForm(forms.Form):
    """The code that a device shows."""

    user_code = forms.CharField(
        label="Code",
        max_length=MAX_TYPED,
        help_text="Eight letters, such as BCDF-GHJK. Small letters will do, and the hyphen may be left out.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
                "class": "code",
            }
        ),
        error_messages={"required": "Enter the code that your device shows."},
    )

    def clean_user_code(self) -> str:
        """Return the code as people read it, where it can be one."""
        typed: str = self.cleaned_data["user_code"]
        code = normalize_user_code(typed)
        return typed if code is None else format_user_code(code)


@require_http_methods(["GET", "HEAD", "POST"])
@show_refusals
def show_device_page(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a device, then for the consent, and tell the device.

    A link with the code in it only fills the form in: whoever sent it may wait for the answer (RFC 8628, 5.4).
    """
    if request.method != "POST":
        code = read_single_parameter(request.GET, "user_code")[:MAX_TYPED]
        return _render_code_form(request, CodeForm(initial={"user_code": code}, label_suffix=""))
    form = CodeForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _render_code_form(request, form)
    code = form.cleaned_data["user_code"]
    answered = _find_own_answer(request, code)
    if answered is not None:
        return _render_answer(request, answered)
    device = find_device(code, peer_of_request(request), find_session_user(request))
    if device is None:
        form.add_error("user_code", UNKNOWN)
        return _render_code_form(request, form)
    with open_browser_session(request, device.tenant_id) as session:
        if session is None:
            return redirect_to_login(f"{DEVICE}?user_code={code}")
        return _answer_device(request, device, session)


def _find_own_answer(request: HttpRequest, code: str) -> DeviceAuthorization | None:
    """Return the device that this person has answered under the code: a second click gets the answer of the first."""
    with open_browser_session(request) as session:
        return None if session is None else find_answer(code, user=session.user)


def _answer_device(request: HttpRequest, device: DeviceAuthorization, session: BrowserSession) -> HttpResponse:
    scopes = narrow_to_user(device.application, session.user, device.scopes)
    is_denied = "deny" in request.POST
    if not scopes:
        return render_notice(
            request,
            "Your account cannot give this",
            f"{device.application} asks for rights that your account does not have. Nothing was allowed.",
            status=403,
            shop=session.tenant.seller_name,
        )
    if not is_denied and "allow" not in request.POST:
        return _render_device_consent(request, device, session, scopes)
    answer_device_authorization(
        device=device, user=session.user, is_allowed=not is_denied, scopes=scopes, actor=session.actor
    )
    device.status = DeviceAuthorization.Status.DENIED if is_denied else DeviceAuthorization.Status.ALLOWED
    return _render_answer(request, device)


def _render_code_form(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return render_page(request, "device_code", {"form": form})


def _render_device_consent(
    request: HttpRequest, device: DeviceAuthorization, session: BrowserSession, scopes: tuple[str, ...]
) -> HttpResponse:
    code = format_user_code(device.user_code)
    context = {
        "application": device.application,
        "code": code,
        "session": session,
        "shop": session.tenant.seller_name,
        "scopes": describe_scopes(scopes, is_staff=session.actor.is_staff),
        "other_login": build_login_address(f"{DEVICE}?user_code={code}"),
    }
    return render_page(request, "device_consent", context)


def _render_answer(request: HttpRequest, device: DeviceAuthorization) -> HttpResponse:
    shop = device.application.tenant.seller_name
    if device.status == DeviceAuthorization.Status.DENIED:
        sentence = f"{device.application} gets nothing. You can close this page."
        return render_notice(request, "Denied", sentence, role="status", shop=shop)
    return render_notice(
        request,
        "Connected: you can go back to your device",
        f"It goes on by itself within a few seconds. {device.application} may act for you until you withdraw it.",
        role="status",
        shop=shop,
        links_to_granted=True,
    )
