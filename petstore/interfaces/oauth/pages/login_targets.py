"""What a log-in is for: the page that it leads on to, and with it the tenant (contract, OAuth 2.0)."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from petstore.interfaces.oauth.pages.next_addresses import clean_next_address


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
    """Return what a log-in with this `next` is for."""
    return LoginTarget(clean_next_address(text))
