"""Settings that all environments share; `dev` adds a laptop's defaults, `prod` requires real values."""

import os
from pathlib import Path
from typing import Any

from petstore.settings import (
    addresses,
    appearance,
    browsers,
    chat,
    databases,
    grpc,
    keys,
    mqtt,
    oauth,
    payments,
    worker,
)
from petstore.settings import environment as env
from petstore.settings.browsers import (
    CORS_ALLOW_HEADERS,
    CORS_ALLOW_METHODS,
    CORS_ALLOWED_ORIGINS,
    CORS_EXPOSE_HEADERS,
    CORS_PREFLIGHT_MAX_AGE,
    CORS_URLS_REGEX,
)
from petstore.settings.logging import LOG_FORMAT, LOGGING, LOGGING_CONFIG
from petstore.settings.misspelt import find_near_misses, refuse_misspelt_names

BASE_DIR: Path = env.BASE_DIR
IS_PRODUCTION = False
SECRET_KEY = keys.SECRET_KEY
SECRET_KEY_FALLBACKS = keys.SECRET_KEY_FALLBACKS
JWT_SIGNING_KEY = keys.JWT_SIGNING_KEY
JWT_SIGNING_KEY_FALLBACKS = keys.JWT_SIGNING_KEY_FALLBACKS
JOURNAL_KEY = keys.JOURNAL_KEY
JOURNAL_KEY_FALLBACKS = keys.JOURNAL_KEY_FALLBACKS
DEBUG = env.read_flag("DEBUG", default=False)
ALLOWED_HOSTS = env.read_name_list("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
PUBLIC_URL = env.env.str("PUBLIC_URL", default="").rstrip("/")
LINKS_TO = PUBLIC_URL or env.env.str("SERVED_AT", default="")
"""The base of links that no request asks for: without a PUBLIC_URL the address at which `serve` listens."""
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

DATABASES: dict[str, Any] = {
    "default": databases.read_database_entry("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/petstore.sqlite3")
}
DATABASES["default"]["REPLICA"] = databases.read_replica_entry("DATABASE_REPLICA_URL", DATABASES["default"])
DATABASE_OWNER = databases.read_owner_entry("DATABASE_OWNER_URL", DATABASES["default"])
"""The role that owns the tables, for `migrate` and `create_database_roles`; None where it is that of DATABASE_URL."""
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)

REDIS_URL: str = env.env.str("REDIS_URL", default="")
RATE_LIMIT = env.read_rate_limit("RATE_LIMIT", default="100/min")
LOGIN_RATE_LIMIT = env.read_rate_limit("LOGIN_RATE_LIMIT", default="10/min")
ANONYMOUS_ORDER_LIMIT = env.read_count("ANONYMOUS_ORDER_LIMIT", default=20)
TENANT_AUTO_PROVISION = env.read_flag("TENANT_AUTO_PROVISION", default=True)
TRUSTED_PROXIES = env.read_network_list("TRUSTED_PROXIES")
OUTBOUND_ALLOW = env.read_endpoint_list("OUTBOUND_ALLOW")
OUTBOUND_HTTPS_ONLY = False
PAYMENT_GATEWAY = payments.PAYMENT_GATEWAY
IS_PAYMENT_GATEWAY_NAMED = payments.IS_PAYMENT_GATEWAY_NAMED
STRIPE_API_KEY = payments.STRIPE_API_KEY
STRIPE_API_BASE = payments.STRIPE_API_BASE
CHAT_BASE_URL = chat.CHAT_BASE_URL
CHAT_API_KEY = chat.CHAT_API_KEY
CHAT_MODEL = chat.CHAT_MODEL
CHAT_TIMEOUT = chat.CHAT_TIMEOUT
GRPC_PORT = grpc.GRPC_PORT
IS_GRPC_PORT_NAMED = grpc.IS_GRPC_PORT_NAMED
GRPC_TLS_CERT = grpc.GRPC_TLS_CERT
GRPC_TLS_KEY = grpc.GRPC_TLS_KEY
MQTT_URL = mqtt.MQTT_URL
MQTT_TOPIC_PREFIX = mqtt.MQTT_TOPIC_PREFIX
WORKER_ENGINE = worker.WORKER_ENGINE
TASKS = worker.TASKS
STDIO_API_KEY: str = env.env.str("PETSTORE_API_KEY", default="")
STDIO_TENANT_ID: str = env.env.str("PETSTORE_TENANT_ID", default="")
METRICS_PUBLIC = env.read_flag("METRICS_PUBLIC", default=False)
ACCESS_LOG = env.read_flag("ACCESS_LOG", default=False)

INSTALLED_APPS = [
    "petstore",
    "petstore.server",
    "applications",
    "webhooks",
    "mqtt",
    "payments",
    "chat",
    "orders",
    "pets",
    "accounts",
    "idempotency",
    "ratelimit",
    "events",
    "tenants",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.auth",
    "petstore.interfaces.backoffice.apps.BackOfficeConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *worker.choose_engine_apps(DATABASES["default"]),
]

MIDDLEWARE = [
    "petstore.interfaces.monitoring.metrics.MetricsMiddleware",
    "petstore.interfaces.http.middleware.RequestIdMiddleware",
    *browsers.MIDDLEWARE,
    "django.middleware.security.SecurityMiddleware",
    "petstore.interfaces.http.middleware.PagesMiddleware",
    "petstore.interfaces.entry.middleware.ApiMiddleware",
    "petstore.interfaces.entry.replicas.ReplicaMiddleware",
    "petstore.interfaces.http.search_limit.SearchMiddleware",
    "petstore.interfaces.backoffice.middleware.BackOfficeScopeMiddleware",
]
PAGES_MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "petstore.interfaces.http.middleware.ContentSecurityPolicyMiddleware",
    "petstore.interfaces.http.middleware.BodySizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""Around everything but the API, in this order; `PagesMiddleware` runs it."""

API_PREFIX = addresses.API_PREFIX
MCP_PATH = addresses.MCP_PATH
SOAP_PATH = addresses.SOAP_PATH
GRAPHQL_PATH = addresses.GRAPHQL_PATH
SOCKET_IO_PATH = addresses.SOCKET_IO_PATH
REFUSAL_FORMS = {
    GRAPHQL_PATH: "petstore.interfaces.graphql.refusals.build_graphql_refusal",
    SOAP_PATH: "petstore.interfaces.soap.faults.build_fault_response",
}
"""By path, what builds the response for a problem where a protocol has a form of its own for it."""
BACK_OFFICE_PREFIX = addresses.BACK_OFFICE_PREFIX
OAUTH_PREFIX = addresses.OAUTH_PREFIX
ROOT_URLCONF = "petstore.urls"
ASGI_APPLICATION = "petstore.asgi.application"
GRPC_SERVER = "petstore.grpc_server.serve_grpc"
"""Imported by the process that serves gRPC, once it is called."""
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["petstore.interfaces.backoffice.authentication.BackOfficeBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = appearance.UNFOLD
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
"""A session ends after a working day without a page (`petstore.interfaces.backoffice.session_timeout`)."""
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "petstore.interfaces.http.error_handlers.handle_csrf_failure"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "petstore.interfaces.backoffice.formats"

STATIC_URL = "static/"
STATIC_ROOT: Path | None = BASE_DIR / "var" / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.env.str("MEDIA_ROOT", default="") or BASE_DIR / "var" / "media")
JOURNAL_HEADS_FILE = Path(env.env.str("JOURNAL_HEADS_FILE", default="") or BASE_DIR / "var" / "journal-heads.jsonl")
WHITENOISE_USE_FINDERS = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
"""Uploads need no temporary files, which a full disk would refuse."""
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
"""The limit of a whole request with files, too (`petstore.server.request_limits`)."""

# The user model derives is_active and takes usernames that are unique per tenant: our own backend knows both.
# The others look for Django's middleware in MIDDLEWARE; it stands in PAGES_MIDDLEWARE.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W002", "security.W003", "admin.E408", "admin.E409", "admin.E410"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["petstore.interfaces.rest.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["petstore.interfaces.rest.permissions.AccessPermission"],
    "DEFAULT_PARSER_CLASSES": ["petstore.interfaces.rest.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["petstore.interfaces.rest.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "petstore.interfaces.rest.openapi.schema.Operation",
    "EXCEPTION_HANDLER": "petstore.interfaces.http.problems.handle_api_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
}

SIMPLE_JWT = {"TOKEN_TYPE_CLAIM": "aud", "USER_ID_CLAIM": "sub"}
"""Access and refresh tokens are told apart by their audience; all else stands in `petstore.interfaces.http.tokens`."""

OAUTH2_PROVIDER = oauth.OAUTH2_PROVIDER
OAUTH2_PROVIDER_APPLICATION_MODEL = oauth.APPLICATION_MODEL
OAUTH2_PROVIDER_GRANT_MODEL = oauth.GRANT_MODEL
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = oauth.DEVICE_GRANT_MODEL
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = oauth.SESSION_MODEL
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = oauth.SESSION_MODEL
OAUTH2_PROVIDER_ID_TOKEN_MODEL = oauth.SESSION_MODEL

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "VERSION": "1.0.0",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": PUBLIC_URL + API_PREFIX.rstrip("/")}],
    "SCHEMA_PATH_PREFIX": API_PREFIX.rstrip("/"),
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "COMPONENT_SPLIT_PATCH": False,
    "PREPROCESSING_HOOKS": ["petstore.interfaces.rest.openapi.hooks.exclude_query_method"],
    "POSTPROCESSING_HOOKS": ["petstore.interfaces.rest.openapi.hooks.complete_openapi_document"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
}

refuse_misspelt_names(env.DOTENV, env.env.names_read)
MISSPELT_VARIABLES = find_near_misses(os.environ, env.env.names_read)
"""Variables of the process that are nearly a setting: warned of only, because they may be another program's."""
