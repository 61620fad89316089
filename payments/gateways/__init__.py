"""Who moves the money: its port, and an adapter for each gateway."""

import importlib
from functools import lru_cache

from django.conf import settings

from payments.gateways.port import Gateway
from payments.gateways.sandbox import Ledger, SandboxGateway


def build_gateway(ledger: Ledger) -> Gateway:
    """The gateway that PAYMENT_GATEWAY names.

    Args:
        ledger: the sandbox's books; Stripe keeps its own.
    """
    if settings.PAYMENT_GATEWAY == "stripe":
        return _stripe(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)
    return SandboxGateway(ledger)


@lru_cache(maxsize=1)
def _stripe(api_key: str, api_base: str) -> Gateway:
    """One a process, so that connections are kept; imported late, for its library is an extra and slow to load."""
    adapter = importlib.import_module("payments.gateways.stripe")
    gateway: Gateway = adapter.StripeGateway(api_key=api_key, api_base=api_base)
    return gateway
