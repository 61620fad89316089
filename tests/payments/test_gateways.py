"""Which gateway it is, is the operator's choice."""

import os
import subprocess
import sys
from decimal import Decimal

import pytest
from pytest_django import Settings

from payments.gateways import build_gateway
from payments.gateways.port import Charge, Outcome
from payments.gateways.sandbox import MemoryLedger
from payments.gateways.stripe import StripeGateway
from petstore.server.listener import ROOT
from tests.payments.fake_stripe import API_KEY, fake_stripe
from tests.payments.sources import card, parsed
from tests.server.settings_start import start


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, as at a real start."""
    everything = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.dev"} | environment
    return subprocess.run(  # noqa: S603  # ours
        (sys.executable, "-c", code), cwd=ROOT, env=everything, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_sandbox_is_the_default_and_keeps_the_books_it_is_given() -> None:
    ledger = MemoryLedger()
    gateway = build_gateway(ledger)
    gateway.charge_source(key="one", amount=Decimal(1), currency="USD", source=parsed(card()))
    assert (gateway.name, len(ledger.list_entries())) == ("sandbox", 1)


def test_stripe_is_reached_where_the_settings_say(settings: Settings) -> None:
    settings.PAYMENT_GATEWAY, settings.STRIPE_API_KEY = "stripe", API_KEY
    with fake_stripe() as books:
        settings.STRIPE_API_BASE = books.url
        gateway = build_gateway(MemoryLedger())
        assert isinstance(gateway, StripeGateway)
        charge = gateway.charge_source(key="one", amount=Decimal(1), currency="EUR", source=parsed(card()))
        assert build_gateway(MemoryLedger()) is gateway
        gateway.close_connection()
    assert (gateway.name, charge, books.charged) == ("stripe", Charge(Outcome.SUCCEEDED, "pi_0"), [100])


def test_the_sandbox_does_not_load_the_library_of_stripe() -> None:
    building = "import sys, django; django.setup(); from payments.gateways import build_gateway; build_gateway(None)"
    loaded = f"{building}; print('stripe' in sys.modules)"
    assert run(loaded).stdout == "False\n"
    assert run(loaded, PAYMENT_GATEWAY="stripe", STRIPE_API_KEY=API_KEY).stdout == "True\n"


@pytest.mark.parametrize(
    ("changed", "missing", "sentence"),
    [
        ({"STRIPE_API_KEY": ""}, (), "STRIPE_API_KEY must be set"),
        ({"STRIPE_LOG": "debug"}, (), "STRIPE_LOG must not be set"),
        ({"STRIPE_API_BASE": "http://stripe.example"}, (), "STRIPE_API_BASE must be an https:// address"),
        ({"STRIPE_API_BASE": "https://stripe.example/v1"}, (), "STRIPE_API_BASE must be an https:// address"),
        ({}, ("stripe",), "PAYMENT_GATEWAY=stripe must have its library"),
    ],
    ids=["no key", "a log of cards", "no TLS", "a path", "no library"],
)
def test_stripe_does_not_start_without_what_it_needs(
    changed: dict[str, str], missing: tuple[str, ...], sentence: str
) -> None:
    good = {"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": API_KEY}
    done = start("dev", good | changed, *missing)
    assert done.code == 1
    assert f"ImproperlyConfigured: {sentence}" in done.said
