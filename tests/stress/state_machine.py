"""G3 at length: `pytest tests/stress/state_machine.py`, with `--db sqlite` for the other database.

100 000 random commands over 500 pets' orders by 20 clients, then the checker.
"""

from collections.abc import Callable

import pytest

from orders import integrity
from tenants.models import Tenant
from tests.factories import TenantFactory
from tests.stress.walk import complaints, walk


@pytest.mark.django_db(transaction=True)
def test_a_long_random_walk_leaves_nothing_to_complain_of(report: Callable[[str], None]) -> None:
    shop: Tenant = TenantFactory.create()
    tally = walk(shop, transitions=100_000, clients=20, orders=500)
    found = complaints(shop)
    report(f"done {dict(tally.done)}; refused {dict(tally.refused)}; {len(found)} complaints")
    assert found == []
    assert [check.claim for check in integrity.run_order_checks() if check.broken] == []
    assert sum(tally.done.values()) > 10_000
    assert sum(tally.refused.values()) > 10_000
