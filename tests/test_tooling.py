"""The test bench itself: a test that commits leaves nothing behind, and threads run at the same time."""

from threading import Barrier

import pytest

from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.concurrency import run_together
from tests.factories import OrderFactory, PetFactory


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_committed_rows_are_gone_in_the_next_test_and_the_shared_pool_is_back(turn: str) -> None:
    assert list(Tenant.objects.values_list("pk", flat=True)) == [SHARED_POOL_ID]
    order = OrderFactory.create()
    with tenant_scope(order.tenant_id):
        assert Pet.objects.count() == 1


def test_calls_run_at_the_same_time_and_their_errors_are_told_apart() -> None:
    meeting = Barrier(3)

    def meet() -> int:
        meeting.wait(30)
        raise ValueError

    outcome = run_together([meet, meet, lambda: meeting.wait(30)])
    assert len(outcome.results) == 1
    assert [type(error) for error in outcome.errors] == [ValueError, ValueError]


@pytest.mark.django_db(transaction=True)
def test_threads_write_to_one_database() -> None:
    outcome = run_together([PetFactory.create] * 4)
    assert outcome.errors == []
    with tenant_scope(SHARED_POOL_ID):
        assert Pet.objects.count() == 4
