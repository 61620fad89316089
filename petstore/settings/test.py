"""Settings for tests: fast password hashes, no quotas, a flush that knows append-only tables (`tests/pristine.py`)."""

from petstore.settings.base import INSTALLED_APPS
from petstore.settings.dev import *  # noqa: F403  # settings modules extend one another

INSTALLED_APPS = [*INSTALLED_APPS, "tests"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RATE_LIMIT = None
LOGIN_RATE_LIMIT = None
ANONYMOUS_ORDER_LIMIT = None
WHITENOISE_AUTOREFRESH = True  # else each test client reads all static files anew
