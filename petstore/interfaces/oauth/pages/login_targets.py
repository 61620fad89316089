"""The target of a log-in: the page that it leads on to, and with it the tenant (contract, OAuth 2.0)."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, QueryDict

from applications.models import Application
from applications.queries import find_application
from applications.redirect_uris import matches_redirect_uri
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.support_addresses import find_support_tenant, is_support_address
from petstore.interfaces.oauth.pages.browser_sessions import find_session_user
from petstore.interfaces.oauth.pages.destinations import describe_destination
from petstore.interfaces.oauth.pages.next_addresses import (
    AUTHORIZE,
    DEVICE,
    clean_next_address,
    read_single_parameter,
)
from petstore.interfaces.oauth.pages.user_codes import find_device


@dataclass(frozen=True, slots=True)
class LoginTarget:
    """Where a log-in leads.

    Attributes:
        next_address: a page of ours.
        tenant_id: where one logs in; None for the shared pool.
        application: the name of the application that waits for it; empty where none does.
        form_target: where the page after the log-in may redirect at once, as a source of a CSP.
    """

    next_address: str
    tenant_id: UUID | None = None
    application: str = ""
    form_target: str = ""


def find_login_target(request: HttpRequest, text: str | None) -> LoginTarget:
    """Return what a log-in with this `next` is for: an application says by its name, a device by its code, where.

    The support page names its tenant itself.

    Raises:
        TooManyAttempts: too many codes of devices were tried.
    """
    next_address = clean_next_address(text)
    path, _, query = next_address.partition("?")
    parameters = QueryDict(query)
    if is_support_address(next_address):
        return LoginTarget(next_address, find_support_tenant(next_address))
    application = _find_waiting_application(request, path, parameters)
    if application is None:
        return LoginTarget(next_address)
    form_target = _find_form_target(application, parameters) if path == AUTHORIZE else ""
    return LoginTarget(next_address, application.tenant_id, application.name, form_target)


def _find_waiting_application(request: HttpRequest, path: str, parameters: QueryDict) -> Application | None:
    user_code = read_single_parameter(parameters, "user_code") if path == DEVICE else ""
    if user_code:
        device = find_device(user_code, peer_of_request(request), find_session_user(request))
        return None if device is None else device.application
    return find_application(read_single_parameter(parameters, "client_id"))


def _find_form_target(application: Application, parameters: QueryDict) -> str:
    """Return where the authorization endpoint may send the browser on, if it is an address of the application."""
    registered: list[str] = application.redirect_uris
    given = read_single_parameter(parameters, "redirect_uri") or (registered[0] if len(registered) == 1 else "")
    return describe_destination(given).source if matches_redirect_uri(given, registered) else ""
