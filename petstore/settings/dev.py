"""Settings for a laptop: everything has a default, and the keys are no secret."""

from petstore.settings.base import *  # noqa: F403  # settings modules extend one another
from petstore.settings.base import JOURNAL_KEY, JWT_SIGNING_KEY, SECRET_KEY

SECRET_KEY = SECRET_KEY or "django-insecure-only-for-a-laptop-and-refused-in-production"
JWT_SIGNING_KEY = JWT_SIGNING_KEY or "insecure-signing-key-only-for-a-laptop-and-refused-in-production-0123456789"
JOURNAL_KEY = JOURNAL_KEY or "insecure-journal-key-only-for-a-laptop-and-refused-in-production-0123456789"
STATIC_ROOT = None
"""Static files are served from their sources; only production collects them."""
