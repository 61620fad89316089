"""CHAT_… are checked at the start (contract, Settings), and no sentence of it holds the key."""

import pytest

from tests.server.settings_start import start

KEY = "sk-very secret"
GOOD = {"CHAT_BASE_URL": "http://[::1]:11434/v1/", "CHAT_MODEL": "tiny", "CHAT_API_KEY": "sk-1", "CHAT_TIMEOUT": "9"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"CHAT_BASE_URL": "ftp://model.example/v1"}, "CHAT_BASE_URL must be the http:// or https:// address"),
        ({"CHAT_BASE_URL": "https://me:secret@model.example/v1"}, "CHAT_BASE_URL must be"),
        ({"CHAT_BASE_URL": "https://model.example/v1?key=1"}, "CHAT_BASE_URL must be"),
        ({"CHAT_BASE_URL": "https://model.example:70000/v1"}, "CHAT_BASE_URL must be"),
        ({"CHAT_BASE_URL": "model.example"}, "CHAT_BASE_URL must be"),
        ({"CHAT_API_KEY": KEY}, "CHAT_API_KEY must be a key without spaces"),
        ({"CHAT_MODEL": ""}, "CHAT_MODEL must be set"),
        ({"CHAT_BASE_URL": ""}, "CHAT_BASE_URL must be set"),
        ({"CHAT_TIMEOUT": "0"}, "CHAT_TIMEOUT must be a number of seconds from 1 to 3600"),
        ({"CHAT_TIMEOUT": "2m"}, "CHAT_TIMEOUT must be"),
    ],
)
def test_a_bad_value_stops_the_start(changed: dict[str, str], sentence: str) -> None:
    done = start("dev", GOOD | changed)
    assert done.code == 1
    assert f"ImproperlyConfigured: {sentence}" in done.said
    assert KEY not in done.said.splitlines()[-1]


def test_good_values_start() -> None:
    assert start("dev", GOOD).code == 0
