from collections.abc import Callable

import pytest

from orders.models import Order
from payments import gateways
from payments.gateways.port import Gateway
from pets.models import Pet
from tests.factories import OrderFactory
from tests.unprotected import without_the_payments_index

__all__ = ["without_the_payments_index"]

Use = Callable[[Gateway], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Lets payments go through another gateway."""

    def replace(gateway: Gateway) -> None:
        monkeypatch.setattr(gateways, "build_gateway", lambda _ledger: gateway)

    return replace


@pytest.fixture
def order(rex: Pet) -> Order:
    """Acme's, of nobody in particular."""
    placed: Order = OrderFactory.create(pet=rex)
    return placed
