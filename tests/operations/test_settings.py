"""A wrong setting stops the start, in a process of its own as at a real start."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from petstore.operations.launching import ROOT

GOOD = {
    "SECRET_KEY": "k" * 60,
    "JWT_SIGNING_KEY": "j" * 64,
    "ALLOWED_HOSTS": "pets.example.com",
    "PUBLIC_URL": "https://pets.example.com",
    "DEBUG": "off",
}


def values_of(module: str, changed: dict[str, str], *prefixes: str) -> dict[str, Any]:
    """The settings whose names begin so, as a process reads them at its start."""
    found = f"{{n: v for n, v in vars(s).items() if n.startswith({prefixes!r})}}"
    code = f"import json; from petstore.settings import {module} as s; print(json.dumps({found}))"
    environment = os.environ | changed | {"DJANGO_SETTINGS_MODULE": f"petstore.settings.{module}"}
    done = subprocess.run(  # noqa: S603  # ours
        (sys.executable, "-c", code), cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    values: dict[str, Any] = json.loads(done.stdout)
    return values


def _start(module: str, changed: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | changed | {"DJANGO_SETTINGS_MODULE": f"petstore.settings.{module}"}
    command = (sys.executable, "-c", f"import petstore.settings.{module}")
    return subprocess.run(  # noqa: S603  # ours
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://somewhere/store"),
        ("RATE_LIMIT", "100/fortnight"),
        ("LOGIN_RATE_LIMIT", "many"),
        ("TENANT_AUTO_PROVISION", "sometimes"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("OUTBOUND_ALLOW", "localhost"),
        ("OUTBOUND_ALLOW", "localhost:65536"),
        ("OUTBOUND_ALLOW", "[fe80::zz]:9000"),
        ("PAYMENT_GATEWAY", "cash"),
        ("METRICS_PUBLIC", "2"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_malformed_value_stops_the_start_with_its_name(name: str, value: str) -> None:
    done = _start("dev", {name: value})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name} must be" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "django-insecure-" + "k" * 60),
        ("JWT_SIGNING_KEY", "short"),
        ("JWT_SIGNING_KEY", GOOD["SECRET_KEY"]),
        ("DEBUG", "on"),
        ("ALLOWED_HOSTS", "*"),
        ("PUBLIC_URL", "http://pets.example.com"),
    ],
)
def test_production_refuses_to_start_half_configured(name: str, value: str) -> None:
    done = _start("prod", GOOD | {name: value})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name} must" in done.stderr


def test_production_starts_with_everything_set() -> None:
    assert _start("prod", GOOD).returncode == 0
