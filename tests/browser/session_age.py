"""Time that passes for somebody in a window."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page

from kernel.actor import PROOF_LIFETIME


def expire_password_proof(page: Page) -> None:
    """The person has last given the password so long ago that they are asked for it again."""
    [key] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(key)
    session["proved_at"] -= int(PROOF_LIFETIME.total_seconds())
    session.save()
