"""The payment gateways: their port, an adapter for each, and which of them the settings name."""

import importlib
from functools import lru_cache

from django.conf import settings

from payments.errors import GatewayTimeout
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.port import Gateway
from payments.gateways.sandbox import Ledger, SandboxGateway


def current_gateway() -> Gateway:
    """Return the gateway that new payments go through."""
    return build_gateway(DatabaseLedger())


def gateway_named(name: str) -> Gateway:
    """Return the gateway that a payment went through.

    Raises:
        GatewayTimeout: the settings name another one by now, so that this one cannot be asked.
    """
    gateway = current_gateway()
    if gateway.name != name:
        raise GatewayTimeout
    return gateway


def build_gateway(ledger: Ledger) -> Gateway:
    """Build the gateway that PAYMENT_GATEWAY names.

    Args:
        ledger: the ledger of the sandbox; Stripe keeps its own.
    """
    if settings.PAYMENT_GATEWAY == "stripe":
        return _build_stripe_gateway(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)
    return SandboxGateway(ledger)


@lru_cache(maxsize=1)
def _build_stripe_gateway(api_key: str, api_base: str) -> Gateway:
    """Build it once a process, so that connections are kept. The import is late: the library is an optional extra."""
    adapter = importlib.import_module("payments.gateways.stripe")
    gateway: Gateway = adapter.StripeGateway(api_key=api_key, api_base=api_base)
    return gateway
