"""The payment gateway (contract, Payments)."""

import re
from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from petstore.settings import environment as env

_BASE = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?")


def _parse_base_address(text: str) -> str:
    if not _BASE.fullmatch(text):
        raise ValueError(text)
    return text


PAYMENT_GATEWAY = env.read_choice("PAYMENT_GATEWAY", ("sandbox", "stripe"), default="sandbox")
IS_PAYMENT_GATEWAY_NAMED = bool(env.env.str("PAYMENT_GATEWAY", default=""))
"""Production requires an explicit choice, so that nobody takes orders unpaid by mistake."""
STRIPE_API_KEY: str = env.env.str("STRIPE_API_KEY", default="")
STRIPE_API_BASE = env.read_variable(
    "STRIPE_API_BASE",
    _parse_base_address,
    "https://api.stripe.com",
    "an https:// address without a path, or http:// on this host",
)

if PAYMENT_GATEWAY == "stripe":
    if not STRIPE_API_KEY:
        raise ImproperlyConfigured("STRIPE_API_KEY must be set to the account's secret key for PAYMENT_GATEWAY=stripe.")
    if find_spec("stripe") is None:
        raise ImproperlyConfigured("PAYMENT_GATEWAY=stripe must have its library: uv sync --extra stripe")
    if env.env.str("STRIPE_LOG", default=""):
        raise ImproperlyConfigured("STRIPE_LOG must not be set: Stripe's library would print card numbers.")
