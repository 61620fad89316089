"""Production refuses to start half-safe: each fault by the name of its setting (guarantees, G17)."""

import os
import secrets
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, connections
from pytest_django import Settings

from database.roles import create_database_roles
from database.row_security import name_roles, secure_tables
from petstore.server.checks import PRODUCTION, STORE, refuse_unsafe_start
from petstore.server.checks.keys import looks_random
from petstore.server.listener import ROOT, is_loopback, open_listener
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests import databases
from tests.databases import owner_connection
from tests.server.server import serving
from tests.server.settings_start import GOOD
from webhooks.models import Endpoint

SECRET, SIGNING, JOURNAL = (GOOD[name] for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "JOURNAL_KEY"))
LAPTOPS_SECRET = "django-insecure-only-for-a-laptop-and-refused-in-production"  # noqa: S105  # it is no secret
LAPTOPS_KEY = "insecure-signing-key-only-for-a-laptop-and-refused-in-production-0123456789"
WORD = "correct-horse-battery-" * 4
COUNTED = string.ascii_letters + string.digits + string.punctuation


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings as of a good `.env`."""
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "database.postgresql")
    good: dict[str, Any] = {
        "IS_PRODUCTION": True,
        "DEBUG": False,
        "SECRET_KEY": SECRET,
        "SECRET_KEY_FALLBACKS": [],
        "JWT_SIGNING_KEY": SIGNING,
        "JWT_SIGNING_KEY_FALLBACKS": [],
        "JOURNAL_KEY": JOURNAL,
        "JOURNAL_KEY_FALLBACKS": [],
        "ALLOWED_HOSTS": ["shop.example"],
        "PUBLIC_URL": "https://shop.example",
        "IS_PAYMENT_GATEWAY_NAMED": True,
        "MISSPELT_VARIABLES": {},
        "RATE_LIMIT": (100, 60),
        "LOGIN_RATE_LIMIT": (10, 60),
        "TRUSTED_PROXIES": [ip_network("10.0.0.0/8")],
    }
    for name, value in good.items():
        setattr(settings, name, value)
    return settings


def said(kind: type = Error) -> list[str]:
    """What the checks that ask nobody have found."""
    found = run_checks(tags=[PRODUCTION], include_deployment_checks=True)
    return [message.msg for message in found if isinstance(message, kind)]


def test_good_settings_raise_nothing(production: Settings) -> None:
    assert said(object) == []
    refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", True, "DEBUG must be off"),
        ("SECRET_KEY", "", "SECRET_KEY must be set"),
        ("SECRET_KEY", LAPTOPS_SECRET, "SECRET_KEY must not be a laptop's key"),
        ("SECRET_KEY", SECRET[:49], "SECRET_KEY must have at least 50"),
        ("SECRET_KEY", "a" * 60, "SECRET_KEY must be random"),
        ("SECRET_KEY", WORD, "SECRET_KEY must be random"),
        ("SECRET_KEY", COUNTED, "SECRET_KEY must be random"),
        ("SECRET_KEY_FALLBACKS", [LAPTOPS_SECRET], "SECRET_KEY_FALLBACKS must not be a laptop's key"),
        (
            "SECRET_KEY_FALLBACKS",
            [SECRET],
            "SECRET_KEY_FALLBACKS must be a key of its own: it is the same as SECRET_KEY",
        ),
        ("JWT_SIGNING_KEY", "", "JWT_SIGNING_KEY must be set"),
        ("JWT_SIGNING_KEY", LAPTOPS_KEY, "JWT_SIGNING_KEY must not be a laptop's key"),
        ("JWT_SIGNING_KEY", SIGNING[:63], "JWT_SIGNING_KEY must have at least 64"),
        ("JWT_SIGNING_KEY", WORD, "JWT_SIGNING_KEY must be random"),
        ("JWT_SIGNING_KEY", SECRET, "JWT_SIGNING_KEY must be a key of its own: it is the same as SECRET_KEY"),
        ("JWT_SIGNING_KEY_FALLBACKS", [LAPTOPS_KEY], "JWT_SIGNING_KEY_FALLBACKS must not be a laptop's key"),
        ("JWT_SIGNING_KEY_FALLBACKS", [WORD], "JWT_SIGNING_KEY_FALLBACKS must be random"),
        ("JOURNAL_KEY", "", "JOURNAL_KEY must be set"),
        ("JOURNAL_KEY", JOURNAL[:63], "JOURNAL_KEY must have at least 64"),
        ("JOURNAL_KEY", SIGNING, "JOURNAL_KEY must be a key of its own: it is the same as JWT_SIGNING_KEY"),
        ("ALLOWED_HOSTS", ["shop.example", "*"], "ALLOWED_HOSTS must name the hosts"),
        ("PUBLIC_URL", "http://shop.example", "PUBLIC_URL must be the https:// address"),
        ("PUBLIC_URL", "", "PUBLIC_URL must be the https:// address"),
        ("PUBLIC_URL", "https://", "PUBLIC_URL must be the https:// address"),
        ("IS_PAYMENT_GATEWAY_NAMED", False, "PAYMENT_GATEWAY must be named"),
        ("TRUSTED_PROXIES", [ip_network("::/0")], "TRUSTED_PROXIES must name the proxies"),
        ("TRUSTED_PROXIES", [ip_network("128.0.0.0/1")], "TRUSTED_PROXIES must name the proxies"),
    ],
)
def test_it_is_refused_by_name(production: Settings, name: str, value: object, sentence: str) -> None:
    setattr(production, name, value)
    assert [one for one in said() if one.startswith(sentence)]
    with pytest.raises(ImproperlyConfigured, match=sentence.partition(" ")[0]):
        refuse_unsafe_start()
    production.IS_PRODUCTION = False
    assert said(object) == []


def test_sqlite_is_refused_by_name(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(production.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert said() == ["DATABASE_URL must be a postgres:// address in production: SQLite is for a laptop."]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RATE_LIMIT", None, "RATE_LIMIT is off"),
        ("LOGIN_RATE_LIMIT", None, "LOGIN_RATE_LIMIT is off"),
        ("ALLOWED_HOSTS", ["www.shop.example"], "ALLOWED_HOSTS does not name the host of PUBLIC_URL"),
        ("JOURNAL_KEY_FALLBACKS", [LAPTOPS_KEY], "JOURNAL_KEY_FALLBACKS must not be a laptop's key"),
    ],
)
def test_it_is_told_and_does_not_stop_the_start(production: Settings, name: str, value: object, sentence: str) -> None:
    setattr(production, name, value)
    assert said() == []
    assert [one for one in said(object) if one.startswith(sentence)]
    refuse_unsafe_start()


@pytest.mark.parametrize(
    "make",
    [
        lambda: secrets.token_hex(32),
        lambda: secrets.token_urlsafe(48),
        lambda: "".join(secrets.choice(COUNTED) for _ in range(50)),
        lambda: "".join(secrets.choice(string.ascii_lowercase) for _ in range(50)),
    ],
)
def test_no_generators_key_is_taken_for_a_pattern(make: Callable[[], str]) -> None:
    assert all(looks_random(make()) for _ in range(500))


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["serve", "run_worker", "deliver_webhooks"])
def test_nothing_that_runs_the_store_starts_half_safe(production: Settings, command: str) -> None:
    production.DEBUG = True
    with pytest.raises(SystemCheckError, match="DEBUG must be off in production"):
        call_command(command, skip_checks=False)


on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


def list_store_faults() -> list[str]:
    """The numbers of what is said of the store."""
    found = run_checks(tags=[STORE], include_deployment_checks=True, databases=["default"])
    return sorted(f"{message.id} {message.msg.partition(' ')[0]}" for message in found)


@on_postgresql
@pytest.mark.django_db
def test_the_roles_of_the_application_are_good(production: Settings) -> None:
    assert list_store_faults() == []
    assert run_checks(tags=[STORE], include_deployment_checks=True) == [], "`check` alone asks no database"


@on_postgresql
@pytest.mark.as_owner
@pytest.mark.django_db
def test_a_superuser_is_refused_and_a_laptop_is_told(production: Settings) -> None:
    assert "petstore.E020 DATABASE_URL" in list_store_faults()
    production.IS_PRODUCTION = False
    assert list_store_faults() == ["petstore.W024 One"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("spoil", "mend", "fault"),
    [
        ("ALTER ROLE {role} BYPASSRLS", "ALTER ROLE {role} NOBYPASSRLS", "petstore.E020 DATABASE_URL"),
        (
            "ALTER TABLE pets_petphoto OWNER TO {role}",
            "ALTER TABLE pets_petphoto OWNER TO CURRENT_USER",
            "petstore.E022 DATABASE_URL",
        ),
        (
            "ALTER ROLE {role}_all RENAME TO {role}_lost",
            "ALTER ROLE {role}_lost RENAME TO {role}_all",
            "petstore.E023 The",
        ),
        (
            "ALTER TABLE pets_petphoto NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE pets_petphoto FORCE ROW LEVEL SECURITY",
            "petstore.E024 Row-level",
        ),
    ],
)
def test_a_store_that_policies_do_not_keep_apart_is_refused(
    production: Settings, spoilt_roles: str, spoil: str, mend: str, fault: str
) -> None:
    with owner_connection() as owner:
        owner.execute(spoil.format(role=spoilt_roles))
        try:
            assert fault in list_store_faults()
        finally:
            owner.execute(mend.format(role=spoilt_roles))
            connection.close()  # it was opened as a role that no policy binds
    assert list_store_faults() == []


@pytest.fixture
def spoilt_roles(transactional_db: None) -> Iterator[str]:
    """The roles of a store of its own; those of the run are other runs', too."""
    here, name = connections["default"], f"{databases.NAME}_role"
    before = here.settings_dict["USER"]
    with owner_connection() as owner:
        steps = list(create_database_roles(owner.cursor(), name, here.settings_dict["PASSWORD"]))
        assert steps[0] == f"{name}: the role was created."
        here.close()
        here.settings_dict["USER"] = name
        try:
            yield name
        finally:
            here.close()
            here.settings_dict["USER"] = before
            secure_tables(owner.cursor(), before)
            for role in name_roles(name).values():
                owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@on_postgresql
@pytest.mark.django_db
def test_secrets_that_no_key_opens_are_told(production: Settings, acme: Tenant) -> None:
    with tenant_scope(acme.id):
        Endpoint(url="https://hooks.example/", encrypted_secret="?").save(force_insert=True)  # noqa: S106  # unreadable
    assert list_store_faults() == ["petstore.W022 SECRET_KEY"]


@pytest.mark.own_store
@pytest.mark.parametrize(("changed", "code"), [({}, 0), ({"PAYMENT_GATEWAY": ""}, 1)])
def test_check_deploy_is_clean_for_good_settings_and_not_for_others(changed: dict[str, str], code: int) -> None:
    """As an operator runs it, from the environment."""
    environment = os.environ | GOOD | {"DJANGO_SETTINGS_MODULE": "petstore.settings.prod"} | changed
    words = (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=90)  # noqa: S603  # ours
    assert (done.returncode, "PAYMENT_GATEWAY must" in done.stderr) == (code, bool(code)), done.stderr


@pytest.mark.own_store
def test_serve_tells_where_others_can_reach_a_laptops_settings(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104  # that is the matter
        assert "these are a laptop's settings" in server.log.read_text()


@pytest.mark.parametrize(("host", "expected"), [("0.0.0.0", False), ("127.0.0.1", True), ("::", False), ("::1", True)])  # noqa: S104  # that is the matter
def test_only_this_machine_reaches_loopback(host: str, expected: bool) -> None:
    with open_listener(host, 0) as listener:
        assert is_loopback(listener) is expected
