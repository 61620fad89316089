"""Windows of a real browser, with the errors that no page shows."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize, WebError

from accounts.models import User
from tests.backoffice.screens import screen_of

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
LOCAL_SCHEMES = {"data", "blob"}
PATIENCE_MS = 30_000
GIVEN_UP = "net::ERR_ABORTED"
"""The page itself wants the answer no more: somebody typed on, or went on."""
REFUSAL = "Failed to load resource: the server responded with a status of 4"

Theme = Literal["light", "dark"]


@dataclass
class Windows:
    """Open windows at the server, and collect the complaints of all of them.

    Attributes:
        complaints: errors on the console, requests that failed, requests to anywhere but the server.
        refused: the addresses that the server is to refuse.
        elsewhere: other servers that pages may lead to.
    """

    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open_window(
        self,
        user: User | None = None,
        *,
        size: ViewportSize = DESKTOP,
        theme: Theme = "light",
        scripts: bool = True,
    ) -> Page:
        """Open a window, logged in to the back office if a user is given; `scripts` may be off."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport=size,
            color_scheme=theme,
            reduced_motion="reduce",
            has_touch=size is PHONE,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        self._watch_context(context)
        if user is not None:
            cookie = screen_of(user).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])
        return context.new_page()

    def expect_refusal(self, address: str) -> str:
        """Expect the server to refuse this page, and return its address."""
        self.refused.add(f"{self.address}{address}")
        return address

    def close_all(self) -> None:
        """Close all windows."""
        for context in self.contexts:
            context.close()

    def _watch_context(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        is_refusal = message.text.startswith(REFUSAL) and message.location["url"] in self.refused
        if message.type in {"error", "warning"} and not is_refusal:
            self.complaints.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _on_request(self, request: Request) -> None:
        scheme = urlsplit(request.url).scheme
        places = tuple(f"{place}/" for place in (self.address, *self.elsewhere))
        if scheme not in LOCAL_SCHEMES and not request.url.startswith(places):
            self.complaints.append(f"outside: {request.url}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.url not in self.refused:
            self.complaints.append(f"{response.status}: {response.url}")
