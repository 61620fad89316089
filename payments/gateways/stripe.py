"""The Stripe gateway (https://docs.stripe.com/api). Imported only if PAYMENT_GATEWAY names it."""

import logging
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

import stripe
from stripe import PaymentIntent, StripeClient, StripeObject
from stripe.params import PaymentMethodCreateParamsBillingDetailsAddress as StripeAddress

from kernel import clock
from kernel.errors import DomainError
from payments.billing_address import BillingAddress
from payments.cards import Card
from payments.errors import GatewayError, GatewayTimeout
from payments.gateways.port import Charge, Outcome, Refund
from payments.sources import Source

NAME: Final = "stripe"
API_VERSION: Final = "2026-10-28.endive"
TIMEOUT: Final = 10.0
RETRIES: Final = 1
"""After a lost connection or a 5xx, with the same key: the request takes 21 seconds at most."""
SEARCH_LAG: Final = 2 * 3600
"""Seconds after which Stripe's search knows a payment; its documentation says up to an hour during outages."""
MAX_LISTED_INTENTS: Final = 2000
SOURCE_NOT_SUPPORTED: Final = "source_not_supported"
METADATA_KEY: Final = "petstore_key"

_CHARGED: Final = {
    "succeeded": Outcome.SUCCEEDED,
    "canceled": Outcome.DECLINED,
    "requires_action": Outcome.DECLINED,
}
_REFUNDED: Final = {
    "succeeded": Outcome.SUCCEEDED,
    "failed": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}
_FINAL_REFUND_ERRORS: Final = ("charge_already_refunded", "charge_disputed")
_REFUSALS = (stripe.InvalidRequestError, stripe.AuthenticationError, stripe.PermissionError)
_CODE = re.compile(r"[a-z0-9_]{1,64}\Z")
_T = TypeVar("_T")

logger = logging.getLogger(__name__)
stripe.enable_telemetry = False


class StripeGateway:
    """A Gateway over Stripe's PaymentIntents. It declines bank accounts, which need a mandate by the customer.

    The card goes to Stripe once and becomes a payment method; the intent that charges it carries the key in its
    metadata, where `find_charge` looks for it. A bank that asks the customer to confirm counts as a decline.

    Args:
        api_key: the account's secret key; the account must be allowed to send raw card data.
        api_base: where Stripe is; another address for tests.
        timeout: seconds to wait for an answer.
    """

    name: Final = NAME

    def __init__(
        self, *, api_key: str, api_base: str = stripe.DEFAULT_API_BASE, timeout: float = TIMEOUT, retries: int = RETRIES
    ) -> None:
        self._http = stripe.RequestsClient(timeout=timeout)
        self._api = StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            http_client=self._http,
            max_network_retries=retries,
        ).v1

    def close_connection(self) -> None:
        """Close this thread's connection."""
        self._http.close()  # type: ignore[no-untyped-call]  # the library leaves it untyped

    def charge_source(self, *, key: str, amount: Decimal, currency: str, source: Source) -> Charge:
        if not isinstance(source, Card):
            return Charge(Outcome.DECLINED, code=SOURCE_NOT_SUPPORTED)
        method = _call_stripe(lambda: self._create_payment_method(key, source), in_doubt=GatewayError)
        if isinstance(method, Charge):
            return method
        return _call_stripe(lambda: self._create_payment_intent(key, method, amount, currency))

    def find_charge(self, *, key: str) -> Charge | None:
        intent = _call_stripe(lambda: self._search_intent(key) or self._find_recent_intent(key), refused=GatewayTimeout)
        return _to_charge(intent) if intent else None

    def refund_charge(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Refund:
        return _call_stripe(lambda: self._create_refund(key, reference, amount))

    def find_refund(self, *, key: str, reference: str) -> Refund | None:
        return _call_stripe(lambda: self._find_refund_by_key(key, reference), refused=GatewayTimeout)

    def _create_payment_method(self, key: str, card: Card) -> str | Charge:
        """Create a payment method from the card; return a declined Charge if Stripe declines it already."""
        try:
            return self._api.payment_methods.create(
                {
                    "type": "card",
                    "card": {
                        "number": card.number.reveal_text(),
                        "cvc": card.cvc.reveal_text(),
                        "exp_month": card.exp_month,
                        "exp_year": card.exp_year,
                    },
                    "billing_details": {"name": card.name, "address": _to_stripe_address(card.billing_address)},
                },
                {"idempotency_key": f"{key}:method"},
            ).id
        except stripe.CardError as error:
            return _to_declined_charge(error)

    def _create_payment_intent(self, key: str, method: str, amount: Decimal, currency: str) -> Charge:
        try:
            intent = self._api.payment_intents.create(
                {
                    "amount": _to_minor_units(amount),
                    "currency": currency.lower(),
                    "payment_method": method,
                    "allowed_payment_method_types": ["card"],
                    "confirm": True,
                    "error_on_requires_action": True,
                    "metadata": {METADATA_KEY: key},
                },
                {"idempotency_key": key},
            )
        except stripe.CardError as error:
            return _to_declined_charge(error)
        return _to_charge(intent)

    def _search_intent(self, key: str) -> PaymentIntent | None:
        found = self._api.payment_intents.search({"query": f"metadata['{METADATA_KEY}']:'{key}'", "limit": 1}).data
        return self._api.payment_intents.retrieve(found[0].id) if found else None

    def _find_recent_intent(self, key: str) -> PaymentIntent | None:
        """Find an intent that is too young for the search; lists are never behind."""
        since = int(clock.now().timestamp()) - SEARCH_LAG
        page = self._api.payment_intents.list({"created": {"gte": since}, "limit": 100})
        for count, intent in enumerate(page.auto_paging_iter()):
            if count == MAX_LISTED_INTENTS:
                raise GatewayTimeout
            if _has_key(intent.metadata, key):
                return intent
        return None

    def _create_refund(self, key: str, reference: str, amount: Decimal) -> Refund:
        try:
            refund = self._api.refunds.create(
                {"payment_intent": reference, "amount": _to_minor_units(amount), "metadata": {METADATA_KEY: key}},
                {"idempotency_key": key},
            )
        except stripe.InvalidRequestError as error:
            if error.code in _FINAL_REFUND_ERRORS:
                return Refund(Outcome.DECLINED, code=_safe_code(error.code))
            raise
        return _to_refund(refund)

    def _find_refund_by_key(self, key: str, reference: str) -> Refund | None:
        page = self._api.refunds.list({"payment_intent": reference, "limit": 100})
        found = (refund for refund in page.auto_paging_iter() if _has_key(refund.metadata, key))
        return next((_to_refund(refund) for refund in found), None)


def _call_stripe(
    call: Callable[[], _T],
    *,
    refused: type[DomainError] = GatewayError,
    in_doubt: type[DomainError] = GatewayTimeout,
) -> _T:
    """Call Stripe and translate its errors, unchained: they may repeat the data that was sent."""
    try:
        return call()
    except _REFUSALS as error:
        failure = refused()
        _log_stripe_error(error)
    except stripe.IdempotencyError as error:
        failure = GatewayTimeout()
        _log_stripe_error(error)
    except stripe.StripeError as error:
        failure = in_doubt()
        _log_stripe_error(error)
    raise failure


def _log_stripe_error(error: stripe.StripeError) -> None:
    logger.warning(
        "Stripe said %s (code %s, request %s).",
        type(error).__name__,
        _safe_code(error.code),
        error.request_id or "unknown",
    )


def _to_charge(intent: PaymentIntent) -> Charge:
    failure = intent.last_payment_error
    if intent.status == "requires_payment_method" and failure:
        return Charge(Outcome.DECLINED, intent.id, _safe_code(failure.code))
    outcome = _CHARGED.get(intent.status, Outcome.PENDING)
    return Charge(outcome, intent.id, intent.status if outcome is Outcome.DECLINED else "")


def _to_declined_charge(error: stripe.CardError) -> Charge:
    intent = error.error.payment_intent if error.error else None
    return Charge(Outcome.DECLINED, intent.id if intent else "", _safe_code(error.code))


def _to_refund(refund: stripe.Refund) -> Refund:
    outcome = _REFUNDED.get(refund.status or "", Outcome.PENDING)
    return Refund(outcome, refund.id, _safe_code(refund.failure_reason) if outcome is Outcome.DECLINED else "")


def _has_key(metadata: StripeObject | None, key: str) -> bool:
    return metadata is not None and METADATA_KEY in metadata and metadata[METADATA_KEY] == key


def _safe_code(code: str | None) -> str:
    """Return Stripe's code if it has the form of one, else `unknown`."""
    return code if code and _CODE.match(code) else "unknown"


def _to_minor_units(amount: Decimal) -> int:
    """Convert an amount to cents; every currency that is taken has two decimals."""
    return int(amount.scaleb(2).to_integral_exact())


def _to_stripe_address(address: BillingAddress | None) -> StripeAddress:
    if address is None:
        return {}
    return {
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
        "country": address.country,
    }
