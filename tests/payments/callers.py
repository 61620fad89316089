"""What the tests' other processes do: pay an order and die on the way, as kill -9 would."""

import os
from collections.abc import Callable
from typing import NoReturn
from uuid import UUID

import pytest

from orders.models import Order
from payments import gateways
from payments.services import settlement
from tenants.scoping import all_tenants
from tests.payments.paying import Unlucky, pay_once


def _die() -> NoReturn:
    os._exit(9)


def _at_the_gateway(**when: list[Callable[[], NoReturn]]) -> None:
    gateway = Unlucky(**when)
    pytest.MonkeyPatch().setattr(gateways, "build_gateway", lambda _ledger: gateway)


def _while_settling() -> None:
    pytest.MonkeyPatch().setattr(settlement, "build_payment_event", lambda *_values, **_named: _die())


STEPS: dict[str, Callable[[], None]] = {
    "before the charge": lambda: _at_the_gateway(before=[_die]),
    "after the charge": lambda: _at_the_gateway(after=[_die]),
    "while it is written down": _while_settling,
    "before the answer is kept": lambda: None,
}


def pay_and_die(order_id: str, step: str) -> None:
    """Pay the order with a key and end at this step."""
    STEPS[step]()
    pay_once(_order(order_id), after=_die)


def pay_and_tell(order_id: str) -> None:
    """Pay the order with a key; a line is printed before, so that somebody can kill this in time."""
    order = _order(order_id)
    print("now", flush=True)  # noqa: T201  # that is what is waited for
    pay_once(order)


def _order(order_id: str) -> Order:
    with all_tenants(reason="the test knows the order's id"):
        order: Order = Order.objects.get(pk=UUID(order_id))
    return order
