"""A wrong setting stops the start."""

import os
import subprocess
import sys

import pytest

from petstore.operations.launching import ROOT
from tests.operations.starting import start

GOOD = {
    "SECRET_KEY": "k" * 60,
    "JWT_SIGNING_KEY": "j" * 64,
    "JOURNAL_KEY": "h" * 64,
    "ALLOWED_HOSTS": "pets.example.com",
    "PUBLIC_URL": "https://pets.example.com",
    "DEBUG": "off",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://somewhere/store"),
        ("RATE_LIMIT", "100/fortnight"),
        ("LOGIN_RATE_LIMIT", "many"),
        ("ANONYMOUS_ORDER_LIMIT", "0"),
        ("TENANT_AUTO_PROVISION", "sometimes"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("OUTBOUND_ALLOW", "localhost"),
        ("OUTBOUND_ALLOW", "localhost:65536"),
        ("OUTBOUND_ALLOW", "[fe80::zz]:9000"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "null"),
        ("CORS_ALLOWED_ORIGINS", "shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example,https://*.shop.example"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example:443"),
        ("CORS_ALLOWED_ORIGINS", "http://localhost:65536"),
        ("PAYMENT_GATEWAY", "cash"),
        ("METRICS_PUBLIC", "2"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_malformed_value_stops_the_start_with_its_name(name: str, value: str) -> None:
    done = start("dev", {name: value})
    assert done.code == 1
    assert f"ImproperlyConfigured: {name} must be" in done.said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "django-insecure-" + "k" * 60),
        ("JWT_SIGNING_KEY", "short"),
        ("JWT_SIGNING_KEY", GOOD["SECRET_KEY"]),
        ("JOURNAL_KEY", "short"),
        ("JOURNAL_KEY", GOOD["JWT_SIGNING_KEY"]),
        ("DEBUG", "on"),
        ("ALLOWED_HOSTS", "*"),
        ("PUBLIC_URL", "http://pets.example.com"),
    ],
)
def test_production_refuses_to_start_half_configured(name: str, value: str) -> None:
    done = start("prod", GOOD | {name: value})
    assert done.code == 1
    assert f"ImproperlyConfigured: {name} must" in done.said


@pytest.mark.parametrize(
    ("changed", "code", "said"), [({}, 0, ""), ({"SECRET_KEY": ""}, 1, "ImproperlyConfigured: SECRET_KEY must")]
)
def test_production_starts_with_everything_set_and_not_without(changed: dict[str, str], code: int, said: str) -> None:
    """Here with a Python of its own."""
    environment = os.environ | GOOD | changed | {"DJANGO_SETTINGS_MODULE": "petstore.settings.prod"}
    command = (sys.executable, "-c", "import petstore.settings.prod")
    done = subprocess.run(  # noqa: S603  # ours
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code
    assert said in done.stderr
