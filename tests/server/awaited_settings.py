"""Settings of a server with views whose responses are still being made."""

from petstore.settings.test import *  # noqa: F403  # settings modules extend one another

ROOT_URLCONF = "tests.server.awaited_urls"
RATE_LIMIT = (1000, 60)
