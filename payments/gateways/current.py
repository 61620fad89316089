"""The gateway that this process pays through."""

from payments.errors import GatewayTimeout
from payments.gateways import build_gateway
from payments.gateways.port import Gateway
from payments.ledger import DatabaseLedger
from payments.models import Payment


def current_gateway() -> Gateway:
    """Where new payments go."""
    return build_gateway(DatabaseLedger())


def gateway_of(payment: Payment) -> Gateway:
    """Where the payment went; raises GatewayTimeout while the settings name another gateway: nobody can be asked."""
    gateway = current_gateway()
    if gateway.name != payment.gateway:
        raise GatewayTimeout
    return gateway
