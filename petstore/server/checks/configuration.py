"""Checks of settings that suit a laptop only."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.http.request import validate_host

SHORTEST_PREFIX = 8
"""The shortest network prefix of proxies: 10.0.0.0/8 can be one operator's, 0.0.0.0/1 is half of the internet."""


def check_configuration(**_: Any) -> list[CheckMessage]:
    """Refuse settings that are unsafe in production."""
    if not settings.IS_PRODUCTION:
        return []
    faults = {
        "petstore.E010": settings.DEBUG and "DEBUG must be off in production.",
        "petstore.E011": "*" in settings.ALLOWED_HOSTS and "ALLOWED_HOSTS must name the hosts in production, not *.",
        "petstore.E012": not _is_https_address(settings.PUBLIC_URL)
        and "PUBLIC_URL must be the https:// address of the service in production.",
        "petstore.E013": settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        and "DATABASE_URL must be a postgres:// address in production: SQLite is for a laptop.",
        "petstore.E014": not settings.IS_PAYMENT_GATEWAY_NAMED
        and "PAYMENT_GATEWAY must be named in production: stripe, or sandbox, which moves no money.",
        "petstore.E015": any(network.prefixlen < SHORTEST_PREFIX for network in settings.TRUSTED_PROXIES)
        and "TRUSTED_PROXIES must name the proxies: these networks let all callers choose their address.",
    }
    return [Error(sentence, id=name) for name, sentence in faults.items() if sentence]


def check_rate_limits(**_: Any) -> list[CheckMessage]:
    """Warn of limits that are off and of hosts that are not allowed."""
    if not settings.IS_PRODUCTION:
        return []
    faults = {
        "petstore.W010": settings.RATE_LIMIT is None and "RATE_LIMIT is off: one caller can keep the store busy.",
        "petstore.W011": settings.LOGIN_RATE_LIMIT is None
        and "LOGIN_RATE_LIMIT is off: passwords can be guessed as fast as the store answers.",
        "petstore.W012": not validate_host(urlsplit(settings.PUBLIC_URL).hostname or "", settings.ALLOWED_HOSTS)
        and "ALLOWED_HOSTS does not name the host of PUBLIC_URL: callers who follow it are refused.",
    }
    return [checks.Warning(sentence, id=name) for name, sentence in faults.items() if sentence]


def check_variable_names(**_: Any) -> list[CheckMessage]:
    """Warn of environment variables that are nearly a setting's name and have no effect."""
    return [
        checks.Warning(f"{name} in the environment is no setting: is {meant} meant?", id="petstore.W013")
        for name, meant in sorted(settings.MISSPELT_VARIABLES.items())
    ]


def _is_https_address(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.hostname)
