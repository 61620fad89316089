"""The count of consultations is exact, and all that is stored of them."""

from datetime import date
from functools import partial
from threading import Barrier

import pytest

from chat.models import DailyConsultations
from chat.services.counts import count_consultation
from chat.statistics import count_all_consultations, count_consultations_today
from kernel import clock, ids
from tenants.models import Tenant
from tenants.scoping import all_tenants, member_scope, tenant_scope
from tests.concurrency import run_together

DAY = date(2026, 5, 13)
CALLERS = 8


def _counts() -> dict[tuple[str, date], int]:
    with all_tenants(reason="all counts"):
        return {(str(row.tenant_id), row.day): row.consultations for row in DailyConsultations.objects.all()}


def _count_in(tenant: Tenant, day: date = DAY) -> None:
    with tenant_scope(tenant.id):
        count_consultation(day)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 3])
def test_callers_at_once_are_all_counted(acme: Tenant, before: int) -> None:
    for _ in range(before):
        _count_in(acme)
    assert run_together([partial(_count_in, acme)] * CALLERS).errors == []
    assert _counts() == {(str(acme.id), DAY): before + CALLERS}


@pytest.mark.django_db(transaction=True)
def test_callers_who_read_before_they_write_are_not_all_counted(acme: Tenant) -> None:
    _count_in(acme)
    everybody_has_read = Barrier(2)

    def read_and_write() -> None:
        with tenant_scope(acme.id):
            row = DailyConsultations.objects.get(day=DAY)
            everybody_has_read.wait(30)
            DailyConsultations.objects.filter(day=DAY).update(consultations=row.consultations + 1)

    assert run_together([read_and_write] * 2).errors == []
    assert _counts() == {(str(acme.id), DAY): 2}


def test_each_tenant_and_day_has_a_count_of_its_own(acme: Tenant, globex: Tenant) -> None:
    today = clock.now().date()
    for tenant, day in ((acme, today), (acme, DAY), (acme, DAY), (globex, today)):
        _count_in(tenant, day)
    assert _counts() == {(str(acme.id), today): 1, (str(acme.id), DAY): 2, (str(globex.id), today): 1}
    with tenant_scope(acme.id):
        assert (count_consultations_today(), count_all_consultations()) == (1, 3)
    with member_scope([acme.id, globex.id]):
        assert (count_consultations_today(), count_all_consultations()) == (2, 4)


def test_a_tenant_without_a_row_gets_one_with_its_first_consultation(db: None) -> None:
    new = ids.new_id()
    for is_provisional in (True, False):
        with tenant_scope(new, is_provisional=is_provisional):
            count_consultation(DAY)
    assert _counts() == {(str(new), DAY): 2}
    assert Tenant.objects.filter(pk=new).exists()
