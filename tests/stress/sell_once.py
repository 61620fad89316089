"""G1 at length: `pytest tests/stress/sell_once.py`, with `--db sqlite` for the other database.

50 clients × 200 pets on PostgreSQL, 16 × 100 on SQLite; the negative control has to sell some pets twice.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from tenants.models import Tenant
from tests.factories import PetFactory, TenantFactory
from tests.stress.storm import buyer, careless_buyer, crowd, open_orders, storm

pytestmark = pytest.mark.django_db(transaction=True)
PETS = {50: 200, 16: 100}


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


def test_each_of_many_pets_is_sold_once(shop: Tenant, report: Callable[[str], None]) -> None:
    pets = [PetFactory.create(tenant=shop).id for _ in range(PETS[crowd()])]
    statuses = Counter(storm(crowd(), pets, buyer(shop)))
    report(f"{crowd()} clients, {len(pets)} pets: {dict(statuses)}, {open_orders(shop)} orders")
    assert statuses == {201: len(pets), 409: len(pets) * (crowd() - 1)}
    assert open_orders(shop) == len(pets)


@pytest.mark.usefixtures("without_the_unique_index")
def test_the_careless_control_sells_more(shop: Tenant, report: Callable[[str], None]) -> None:
    pets = [PetFactory.create(tenant=shop).id for _ in range(PETS[crowd()])]
    sold = sum(storm(crowd(), pets, careless_buyer(shop)))
    report(f"negative control: {crowd()} clients, {len(pets)} pets, sold {sold} times")
    assert open_orders(shop) == sold > len(pets)
