"""Checks of the secret keys: random, and one for each purpose."""

from itertools import combinations, pairwise
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

MINIMUM_LENGTH: Final = {"SECRET_KEY": 50, "JWT_SIGNING_KEY": 64, "JOURNAL_KEY": 64}
MINIMUM_VARIETY: Final = 8
"""The number of different characters."""
MAXIMUM_PATTERN: Final = 0.25
"""The share of a key that may repeat an earlier part or count up."""

_PIECE: Final = 4


def check_secret_keys(**_: Any) -> list[CheckMessage]:
    """Refuse a laptop's keys, keys that can be guessed, and one key for two purposes."""
    if not settings.IS_PRODUCTION:
        return []
    return [*_find_weak_keys(), *_find_shared_keys()]


def looks_random(key: str) -> bool:
    """Return whether the key could be a generator's: no `aaaa`, no repeated word, no `abcdef`."""
    pieces = [key[place : place + _PIECE] for place in range(len(key) - _PIECE + 1)]
    repeated = len(pieces) - len(set(pieces))
    counted_up = sum(ord(after) - ord(before) == 1 for before, after in pairwise(key))
    return len(set(key)) >= MINIMUM_VARIETY and max(repeated, counted_up) <= MAXIMUM_PATTERN * len(key)


def _find_weak_keys() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, least in MINIMUM_LENGTH.items():
        for place, key in _list_named_keys(name):
            fault = _describe_key_weakness(key, least)
            # what an older journal key has sealed is history, and may be of a laptop
            if fault and place == "JOURNAL_KEY_FALLBACKS":
                found.append(checks.Warning(f"{place} {fault}.", id="petstore.W001"))
            elif fault:
                found.append(Error(f"{place} {fault}.", hint=_HINT, id="petstore.E001"))
    return found


_HINT: Final = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"


def _describe_key_weakness(key: str, least: int) -> str:
    if not key:
        return "must be set in production"
    if "insecure" in key:
        return "must not be a laptop's key in production"
    if len(key) < least:
        return f"must have at least {least} random characters in production"
    return "" if looks_random(key) else "must be random in production: this one follows a pattern"


def _find_shared_keys() -> list[CheckMessage]:
    named = [(place, key) for name in MINIMUM_LENGTH for place, key in _list_named_keys(name) if key]
    return [
        Error(f"{place} must be a key of its own: it is the same as {other}.", id="petstore.E002")
        for (other, one), (place, key) in combinations(named, 2)
        if one == key
    ]


def _list_named_keys(name: str) -> list[tuple[str, str]]:
    """Return the key and its fallbacks, each with the setting that holds it."""
    fallbacks = f"{name}_FALLBACKS"
    return [(name, _read_setting(name)), *((fallbacks, key) for key in getattr(settings, fallbacks))]


def _read_setting(name: str) -> str:
    try:
        value: str = getattr(settings, name)
    except ImproperlyConfigured:  # Django raises it for an empty SECRET_KEY
        return ""
    return value
