"""The advisor: the embedded one, or a model at any endpoint that speaks OpenAI's chat completions (contract, Chat)."""

import re

from django.core.exceptions import ImproperlyConfigured

from petstore.settings import environment as env

_BASE = re.compile(
    r"https?://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::([1-9][0-9]{0,4}))?"
    r"(?:/[A-Za-z0-9._~%@:/-]*)?"
)
_LAST_PORT = 65_535
_LONGEST_TIMEOUT = 3600
_VISIBLE = re.compile(r"[\x21-\x7e]{1,1000}")


def _parse_base_url(text: str) -> str:
    match = _BASE.fullmatch(text)
    if match is None or int(match[1] or 1) > _LAST_PORT:
        raise ValueError(text)
    return text.rstrip("/")


def _parse_visible_text(text: str) -> str:
    if not _VISIBLE.fullmatch(text):
        raise ValueError
    return text


def _parse_seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LONGEST_TIMEOUT:
        raise ValueError(text)
    return int(text)


CHAT_BASE_URL = env.read_variable(
    "CHAT_BASE_URL",
    _parse_base_url,
    "",
    "the http:// or https:// address of an OpenAI-compatible endpoint, such as https://api.openai.com/v1",
)
CHAT_API_KEY = env.read_variable("CHAT_API_KEY", _parse_visible_text, "", "a key without spaces")
CHAT_MODEL = env.read_variable("CHAT_MODEL", _parse_visible_text, "", "the name of a model, without spaces")
CHAT_TIMEOUT = env.read_variable(
    "CHAT_TIMEOUT", _parse_seconds, 120, f"a number of seconds from 1 to {_LONGEST_TIMEOUT}"
)

if CHAT_BASE_URL and not CHAT_MODEL:
    raise ImproperlyConfigured("CHAT_MODEL must be set to the model's name where CHAT_BASE_URL is set.")
if not CHAT_BASE_URL and (CHAT_API_KEY or CHAT_MODEL):
    raise ImproperlyConfigured("CHAT_BASE_URL must be set where CHAT_API_KEY or CHAT_MODEL is: nothing else uses them.")
