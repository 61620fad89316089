"""One effect per key where the work takes several transactions (guarantees, G2)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event
from uuid import UUID

import pytest

from idempotency.errors import KeyInUse, KeyReused
from idempotency.models import IdempotencyRecord
from idempotency.services import ReplayableResponse, run_with_recovery
from kernel import clock
from kernel.errors import Conflict
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.concurrency import PATIENCE, run_together
from tests.idempotency.callers import ONCE, die_between_steps
from tests.processes import Process
from tests.snapshots import snapshot

at_once = pytest.mark.django_db(transaction=True)


class Works:
    """Work that remembers under which ids it was done, and may break off the first time."""

    def __init__(self, trouble: BaseException | None = None, meanwhile: Callable[[], object] = int) -> None:
        self.effects: list[UUID] = []
        self.trouble = trouble
        self.meanwhile = meanwhile

    def __call__(self, effect_id: UUID) -> ReplayableResponse:
        self.effects.append(effect_id)
        self.meanwhile()
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble
        return ReplayableResponse(201, str(effect_id).encode(), {"ETag": '"v1"'})


@pytest.fixture
def in_pool(pool: Tenant) -> Iterator[None]:
    with tenant_scope(pool.id):
        yield


def _in_pool(work: Callable[[UUID], ReplayableResponse]) -> ReplayableResponse:
    with tenant_scope(SHARED_POOL_ID):
        return run_with_recovery(ONCE, work)


def _let_time_pass() -> None:
    IdempotencyRecord.objects.update(leased_until=clock.now())


def test_the_answer_is_repeated_and_the_work_is_not(in_pool: None) -> None:
    work = Works()
    first, second = run_with_recovery(ONCE, work), run_with_recovery(ONCE, work)
    assert len(work.effects) == 1
    assert second == replace(first, is_replay=True)


@at_once
def test_of_ten_at_once_one_works(in_pool: None) -> None:
    work = Works()
    outcome = run_together([partial(_in_pool, work)] * 10)
    assert len(work.effects) == 1
    assert len({answer.body for answer in outcome.results}) == 1
    assert {type(error) for error in outcome.errors} <= {KeyInUse}


@at_once
def test_while_the_first_is_at_work_outside_the_second_is_told_to_wait(in_pool: None) -> None:
    is_running, may_end = Event(), Event()

    def hold() -> None:
        is_running.set()
        may_end.wait(PATIENCE)

    def meanwhile() -> ReplayableResponse:
        is_running.wait(PATIENCE)
        try:
            return _in_pool(work)
        finally:
            may_end.set()

    work = Works(meanwhile=hold)
    calls: list[Callable[[], ReplayableResponse]] = [partial(_in_pool, work), meanwhile]
    assert [type(error) for error in run_together(calls).errors] == [KeyInUse]
    assert len(work.effects) == 1


def test_work_that_breaks_off_is_taken_up_under_the_same_id(in_pool: None) -> None:
    work = Works(trouble=RuntimeError())
    with pytest.raises(RuntimeError):
        run_with_recovery(ONCE, work)
    assert not run_with_recovery(ONCE, work).is_replay
    assert len(work.effects) == 2
    assert len(set(work.effects)) == 1


@at_once
def test_work_whose_process_was_killed_is_taken_up_under_the_same_id_after_a_while(in_pool: None) -> None:
    told = Process(die_between_steps).rest().strip()
    work = Works()
    with pytest.raises(KeyInUse):
        run_with_recovery(ONCE, work)
    _let_time_pass()
    run_with_recovery(ONCE, work)
    assert [str(effect_id) for effect_id in work.effects] == [told]


def test_whoever_was_too_slow_changes_nothing_of_what_the_other_stored(in_pool: None) -> None:
    quick = Works()

    def overtaken() -> None:
        _let_time_pass()
        run_with_recovery(ONCE, quick)

    slow = Works(meanwhile=overtaken, trouble=Conflict())
    with pytest.raises(Conflict):
        run_with_recovery(ONCE, slow)
    assert slow.effects == quick.effects
    assert run_with_recovery(ONCE, quick).is_replay


def test_the_answer_that_was_stored_first_is_the_one_that_is_repeated(in_pool: None) -> None:
    def overtaken() -> None:
        _let_time_pass()
        run_with_recovery(ONCE, lambda _effect_id: ReplayableResponse(201, b"the quick one's"))

    run_with_recovery(ONCE, Works(meanwhile=overtaken))
    assert run_with_recovery(ONCE, Works()).body == b"the quick one's"


@pytest.mark.parametrize("refusal", [Conflict, KeyError])
def test_a_refusal_before_any_effect_is_not_kept(in_pool: None, refusal: type[Exception]) -> None:
    before = snapshot()
    with pytest.raises(refusal):
        run_with_recovery(ONCE, Works(trouble=refusal()), refusals=(Conflict, KeyError))
    assert snapshot() == before


def test_another_request_with_the_key_is_refused_also_after_the_work_broke_off(in_pool: None) -> None:
    work = Works(trouble=RuntimeError())
    for trouble in (RuntimeError, KeyReused):
        with pytest.raises(trouble):
            run_with_recovery(replace(ONCE, content=b"[]") if work.effects else ONCE, work)
    assert len(work.effects) == 1


def test_the_next_day_the_key_is_free_again(in_pool: None) -> None:
    work = Works()
    run_with_recovery(ONCE, work)
    IdempotencyRecord.objects.update(created_at=clock.now() - timedelta(hours=24))
    run_with_recovery(ONCE, work)
    assert len(set(work.effects)) == 2
