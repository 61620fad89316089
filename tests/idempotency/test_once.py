"""One effect per key, whoever else is running and whoever dies (guarantees, G2)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Event

import pytest
from django.db import IntegrityError, connection

from idempotency import services
from idempotency.errors import KeyInUse, KeyReused
from idempotency.models import IdempotencyRecord
from idempotency.requests import IdempotentRequest
from idempotency.services import ReplayableResponse, run_once
from kernel import clock, ids
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.concurrency import PATIENCE, run_together
from tests.factories import TenantFactory
from tests.idempotency.callers import ONCE, die_in_the_middle, make_a_pet
from tests.processes import running

at_once = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite runs one writing transaction after the other"
)


@pytest.fixture
def in_pool(pool: Tenant) -> Iterator[None]:
    with tenant_scope(pool.id):
        yield


def _in_pool(work: Callable[[], ReplayableResponse]) -> ReplayableResponse:
    with tenant_scope(SHARED_POOL_ID):
        return work()


def _keyed() -> ReplayableResponse:
    return _in_pool(partial(run_once, ONCE, make_a_pet))


def _refuse() -> ReplayableResponse:
    make_a_pet()
    raise PermissionError


@at_once
def test_of_ten_at_once_one_works_and_the_others_repeat_it_or_wait(in_pool: None) -> None:
    outcome = run_together([_keyed] * 10)
    assert Pet.objects.count() == 1
    assert {answer.body for answer in outcome.results} == {str(Pet.objects.get().id).encode()}
    assert [answer.is_replay for answer in outcome.results].count(False) == 1
    assert all(isinstance(error, KeyInUse) for error in outcome.errors)


@at_once
def test_ten_at_once_without_a_key_work_ten_times(in_pool: None) -> None:
    run_together([partial(_in_pool, make_a_pet)] * 10)
    assert Pet.objects.count() == 10


@at_once
@only_postgresql
def test_while_the_first_runs_the_second_is_told_to_wait(in_pool: None) -> None:
    is_running, may_end = Event(), Event()

    def work() -> ReplayableResponse:
        is_running.set()
        may_end.wait(PATIENCE)
        return make_a_pet()

    def meanwhile() -> ReplayableResponse:
        is_running.wait(PATIENCE)
        try:
            return _keyed()
        finally:
            may_end.set()

    calls: list[Callable[[], ReplayableResponse]] = [lambda: _in_pool(lambda: run_once(ONCE, work)), meanwhile]
    outcome = run_together(calls)
    assert [type(error) for error in outcome.errors] == [KeyInUse]
    assert Pet.objects.count() == 1
    assert _keyed().is_replay


@at_once
@only_postgresql
def test_without_the_lock_the_others_would_fail_on_the_index(in_pool: None, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_has_looked = Barrier(10)
    look = services._find_valid_record  # noqa: SLF001  # the control takes it apart

    def look_and_wait(once: IdempotentRequest) -> IdempotencyRecord | None:
        found = look(once)
        everybody_has_looked.wait(PATIENCE)
        return found

    monkeypatch.setattr(services, "_lock_idempotency_key", lambda _once: None)
    monkeypatch.setattr(services, "_find_valid_record", look_and_wait)
    outcome = run_together([_keyed] * 10)
    assert [type(error) for error in outcome.errors] == [IntegrityError] * 9
    assert Pet.objects.count() == 1


@at_once
def test_a_process_killed_in_the_middle_leaves_nothing_and_blocks_nobody(in_pool: None) -> None:
    with running(die_in_the_middle) as dying:
        assert dying.wait() == 9
    assert (Pet.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    assert not _keyed().is_replay
    assert Pet.objects.count() == 1


def test_work_that_fails_leaves_nothing_and_may_be_tried_again(in_pool: None) -> None:
    with pytest.raises(PermissionError):
        run_once(ONCE, _refuse)
    assert (Pet.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    assert not run_once(ONCE, make_a_pet).is_replay


def test_another_request_with_the_key_is_refused_and_does_nothing(in_pool: None) -> None:
    run_once(ONCE, make_a_pet)
    with pytest.raises(KeyReused):
        run_once(replace(ONCE, content=b"[]"), make_a_pet)
    assert Pet.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(ONCE, principal="else"),
        replace(ONCE, operation="replace_pet"),
        replace(ONCE, target=ids.new_id()),
        replace(ONCE, key="key-2"),
    ],
)
def test_a_key_belongs_to_its_caller_and_its_operation_and_its_target(in_pool: None, other: IdempotentRequest) -> None:
    assert [run_once(once, make_a_pet).is_replay for once in (ONCE, other, ONCE, other)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_key_belongs_to_its_scope(in_pool: None) -> None:
    run_once(ONCE, make_a_pet)
    shop = TenantFactory.create()
    with tenant_scope(shop.id):
        answer = run_once(ONCE, lambda: ReplayableResponse(201, b"another scope's"))
    assert not answer.is_replay


@pytest.mark.parametrize(("age", "is_kept"), [(timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)])
def test_an_answer_is_kept_for_a_day(in_pool: None, age: timedelta, is_kept: bool) -> None:
    run_once(ONCE, make_a_pet)
    IdempotencyRecord.objects.update(created_at=clock.now() - age)
    assert run_once(ONCE, make_a_pet).is_replay is is_kept
    assert Pet.objects.count() == (1 if is_kept else 2)


def test_what_is_kept_does_not_show_the_request(in_pool: None) -> None:
    run_once(replace(ONCE, content=b'{"number": "4242424242424242"}'), make_a_pet)
    kept = str(IdempotencyRecord.objects.values().get())
    assert "4242" not in kept
