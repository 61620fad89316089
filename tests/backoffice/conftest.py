"""Screens of the standing cast, and an order in each of two tenants."""

import pytest

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tests.backoffice.screens import Screen, screen_of
from tests.factories import OrderFactory


@pytest.fixture
def sams(sam: User) -> Screen:
    """The screen of acme's staff."""
    return screen_of(sam)


@pytest.fixture
def roots(root: User) -> Screen:
    """The screen of an admin."""
    return screen_of(root)


@pytest.fixture
def order(rex: Pet, alice: User) -> Order:
    """Acme's: Rex for alice."""
    return OrderFactory.create(pet=rex, customer=alice)


@pytest.fixture
def foreign_order(mia: Pet, charlie: User) -> Order:
    """Globex's: Mia for charlie."""
    return OrderFactory.create(pet=mia, customer=charlie)
