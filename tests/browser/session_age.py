"""Change the age of a session."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page

from kernel.actor import PROOF_LIFETIME


def expire_password_proof(page: Page) -> None:
    """Date the session's last password check so far back that the site asks for it again."""
    [key] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(key)
    session["proved_at"] -= int(PROOF_LIFETIME.total_seconds())
    session.save()
