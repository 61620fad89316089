"""Reading the settings anew, as a process does at its start."""

import json
import os
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha512
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.processes import Process

PACKAGE = "petstore.settings"


def strong_key(number: int) -> str:
    """A key as of a generator, the same each time."""
    return urlsafe_b64encode(sha512(bytes([number])).digest()).decode()


GOOD = {
    "DATABASE_URL": "postgres://petstore@127.0.0.1:1/petstore",
    "SECRET_KEY": strong_key(1),
    "JWT_SIGNING_KEY": strong_key(2),
    "JOURNAL_KEY": strong_key(3),
    "ALLOWED_HOSTS": "shop.example",
    "PUBLIC_URL": "https://shop.example",
    "PAYMENT_GATEWAY": "sandbox",
    "DEBUG": "off",
}
"""The environment of a production that may start."""


@dataclass(frozen=True)
class Start:
    """How a start went: its exit code, and what it said."""

    code: int
    said: str


def start(module: str, changed: dict[str, str], *missing: str) -> Start:
    """Start with settings of this module and these variables; `missing` libraries are not installed."""
    process = Process(_start, module, changed, missing)
    said = process.rest()
    return Start(process.wait(), said)


def values_of(module: str, changed: dict[str, str], *prefixes: str) -> dict[str, Any]:
    """The settings whose names begin so, as a process reads them at its start."""
    said = Process(_tell, module, changed, prefixes).rest()
    values: dict[str, Any] = json.loads(said)
    return values


def _start(module: str, changed: dict[str, str], missing: tuple[str, ...]) -> None:
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None stands for what cannot be imported
    _read(module, changed)


def _tell(module: str, changed: dict[str, str], prefixes: tuple[str, ...]) -> None:
    settings = vars(_read(module, changed))
    told = {name: value for name, value in settings.items() if name.startswith(prefixes)}
    sys.stdout.write(json.dumps(told))


def _read(module: str, changed: dict[str, str]) -> ModuleType:
    """The module, run anew with all of its package."""
    os.environ.update(changed, DJANGO_SETTINGS_MODULE=f"{PACKAGE}.{module}")
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]
    return import_module(f"{PACKAGE}.{module}")
