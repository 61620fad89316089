"""A person's browser on the pages of OAuth 2.0, without the browser: cookies are kept, and forms have their token."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from accounts.models import LoginSession, User
from applications.models import Application
from petstore.interfaces.oauth.pages.browser_sessions import COOKIE
from tenants.scoping import all_tenants
from tests.factories import PASSWORD
from tests.oauth.test_authorization_requests import asked_of

LOGIN = "/oauth/login"
Page = Any
"""What Django's test client answers."""


class Browser(Client):
    """A browser whose forms are checked as those of real ones are."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **defaults)

    @property
    def token(self) -> str:
        """The session's token in the cookie; empty where there is none."""
        return str(self.cookies[COOKIE].value) if COOKIE in self.cookies else ""

    def send(self, address: str, values: dict[str, Any] | None = None, **headers: Any) -> Page:
        """Send a form with the CSRF token that the page before has set."""
        if "csrftoken" not in self.cookies:
            self.get(LOGIN)
        return self.post(address, {"csrfmiddlewaretoken": self.cookies["csrftoken"].value} | (values or {}), **headers)

    def log_in(self, username: str, password: str = PASSWORD, *, next_address: str = "") -> Page:
        """Fill in the log-in page."""
        return self.send(LOGIN, {"username": username, "password": password, "next": next_address})


def authorize_address(application: Application, **changed: str | None) -> str:
    """The address to which an application sends its users."""
    return f"/oauth/authorize?{urlencode(asked_of(application, **changed))}"


def text_of(page: Page) -> str:
    """The words on a page, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page.content.decode()))).strip()


def place_of(page: Page) -> str:
    """Where a redirect leads, without its query; empty for a page."""
    return urlsplit(str(page.get("Location", "")))._replace(query="").geturl()


def answer_of(page: Page) -> dict[str, str]:
    """What a redirect tells the application."""
    found = parse_qs(urlsplit(str(page["Location"])).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def open_sessions_of(user: User) -> int:
    """How many log-in sessions of a user are open."""
    with all_tenants(reason="test"):
        return int(LoginSession.objects.filter(user=user, revoked_at=None).count())
