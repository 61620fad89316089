"""The tests: fast password hashing, media in a place of their own."""

import tempfile
from pathlib import Path

from petstore.settings.dev import *  # noqa: F403  # settings modules extend one another

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="petstore-media-"))
RATE_LIMIT = None
LOGIN_RATE_LIMIT = None
