"""Production: refuses to start half-configured (guarantees, G17)."""

from django.core.exceptions import ImproperlyConfigured

from petstore.settings.base import *  # noqa: F403  # settings modules extend one another
from petstore.settings.base import ALLOWED_HOSTS, DEBUG, JOURNAL_KEY, JWT_SIGNING_KEY, PUBLIC_URL, SECRET_KEY

MINIMUM_SECRET_LENGTH = 50
MINIMUM_KEY_BYTES = 64

if len(SECRET_KEY) < MINIMUM_SECRET_LENGTH or SECRET_KEY.startswith("django-insecure"):
    raise ImproperlyConfigured("SECRET_KEY must be set to at least 50 random characters in production.")
if len(JWT_SIGNING_KEY.encode()) < MINIMUM_KEY_BYTES or JWT_SIGNING_KEY == SECRET_KEY:
    raise ImproperlyConfigured("JWT_SIGNING_KEY must be set to at least 64 random bytes of its own in production.")
if len(JOURNAL_KEY.encode()) < MINIMUM_KEY_BYTES or JOURNAL_KEY in (SECRET_KEY, JWT_SIGNING_KEY):
    raise ImproperlyConfigured("JOURNAL_KEY must be set to at least 64 random bytes of its own in production.")
if DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts in production.")
if not PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("PUBLIC_URL must be the https:// address of the service in production.")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
