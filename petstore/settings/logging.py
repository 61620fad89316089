"""Django's LOGGING: everything to stderr, as LOG_FORMAT wants it."""

from typing import Any

from petstore.settings import environment as env

LOG_FORMAT = env.read_choice("LOG_FORMAT", ("console", "json"), default="console")
LOGGING_CONFIG = "petstore.server.log_format.configure_logging"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "petstore.server.log_format.LineFormatter", "log_format": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "stripe": {"level": "WARNING"},  # below, its library logs what it sends: cards with their cvc
        "oauthlib": {"level": "INFO"},  # below, it logs codes and tokens
        "oauth2_provider": {"level": "INFO"},
        "_granian": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},  # below, it tells of each message
        "websockets": {"level": "WARNING"},  # below, of each connection
    },
}
