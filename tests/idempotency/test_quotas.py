"""Quotas over threads, processes, clocks and a Redis that is gone (contract, Rate limits; guarantees, G15)."""

from functools import partial
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from kernel import ids
from ratelimit.models import RateWindow
from ratelimit.services import Quota, RateLimit, consume_quota, forget_local_leases, restore_quota
from tests.concurrency import run_together
from tests.idempotency.callers import take_and_give_back, take_many
from tests.processes import Process

EPOCH = 10**9
"""A window that does not end while a test runs, in seconds."""

HUNDRED: Quota = (100, EPOCH)
MINUTE = 60
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def _granted(caller: str, quota: Quota, number: int) -> int:
    return sum(consume_quota(caller, quota).is_granted for _ in range(number))


def _in_two_processes(callers: tuple[str, str], quota: Quota, each: int) -> int:
    processes = [Process(take_many, caller, quota, each) for caller in callers]
    return sum(int(process.rest()) for process in processes)


@pytest.mark.django_db(transaction=True)
def test_two_processes_grant_one_quota_between_them() -> None:
    assert _in_two_processes(("alice", "alice"), HUNDRED, each=75) == 100


@pytest.mark.django_db(transaction=True)
def test_processes_that_count_apart_grant_more() -> None:
    assert _in_two_processes(("alice here", "alice there"), HUNDRED, each=75) == 150


@pytest.mark.django_db(transaction=True)
def test_leases_of_two_processes_never_add_up_to_more_than_the_quota() -> None:
    granted = _in_two_processes(("alice", "alice"), (1000, EPOCH), each=700)
    unused = 2 * 9
    assert 1000 - unused <= granted <= 1000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("limit", "each"), [(100, 15), (1000, 150)])
def test_threads_grant_one_quota_between_them(limit: int, each: int) -> None:
    outcome = run_together([partial(_granted, "alice", (limit, EPOCH), each)] * 10)
    assert outcome.errors == []
    assert sum(outcome.results) == limit


def test_what_remains_is_told_down_to_nothing(db: None, clock: SimpleNamespace) -> None:
    told = [consume_quota("alice", (3, MINUTE)) for _ in range(4)]
    assert told == [
        RateLimit(3, left, 1_000_000_080, is_granted=granted)
        for left, granted in [(2, True), (1, True), (0, True), (0, False)]
    ]


def test_each_caller_has_a_quota_of_their_own(db: None) -> None:
    assert [_granted(caller, (3, EPOCH), 5) for caller in ("alice", "bob")] == [3, 3]


def test_the_next_window_starts_anew(db: None, clock: SimpleNamespace) -> None:
    assert _granted("alice", (3, MINUTE), 5) == 3
    clock.now += MINUTE
    assert _granted("alice", (3, MINUTE), 5) == 3
    assert RateWindow.objects.count() == 1


def test_a_clock_that_is_behind_neither_reopens_a_window_nor_empties_the_next(db: None, clock: SimpleNamespace) -> None:
    clock.now += MINUTE
    assert _granted("alice", (3, MINUTE), 2) == 2
    clock.now -= MINUTE
    assert _granted("alice", (3, MINUTE), 2) == 1
    clock.now += MINUTE
    assert _granted("alice", (3, MINUTE), 1) == 0


def test_another_length_of_the_window_starts_anew_in_time(db: None, clock: SimpleNamespace) -> None:
    assert _granted("alice", (3, 1), 5) == 3
    clock.now += 24 * 3600
    assert _granted("alice", (3, 24 * 3600), 5) == 3


def test_a_lease_ends_with_its_window(db: None, clock: SimpleNamespace) -> None:
    assert _granted("alice", (1000, MINUTE), 995) == 995
    clock.now += MINUTE
    assert _granted("alice", (1000, MINUTE), 1100) == 1000


def test_what_a_process_leased_and_left_is_not_granted_again(db: None) -> None:
    consume_quota("alice", (1000, EPOCH))
    forget_local_leases()
    assert _granted("alice", (1000, EPOCH), 1100) == 990


def test_redis_counts_where_it_answers(db: None, settings: Settings, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    assert _granted(f"test {ids.new_id()}", (20, MINUTE * MINUTE), 30) == 20
    assert not RateWindow.objects.exists()


@pytest.mark.parametrize("limit", [20, 1000])
def test_threads_grant_one_quota_between_them_with_redis(settings: Settings, redis_url: str, limit: int) -> None:
    settings.REDIS_URL = redis_url
    caller = f"test {ids.new_id()}"
    outcome = run_together([partial(_granted, caller, (limit, MINUTE * MINUTE), limit // 5)] * 10)
    assert (sum(outcome.results), outcome.errors) == (limit, [])


def test_a_redis_that_is_gone_stops_nobody_and_is_logged(
    db: None, settings: Settings, clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = NOBODY_LISTENS
    assert _granted("alice", (3, MINUTE), 5) == 3
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_redis_is_asked_again_in_the_next_window(
    db: None, settings: Settings, clock: SimpleNamespace, redis_url: str
) -> None:
    caller = f"test {ids.new_id()}"
    settings.REDIS_URL = NOBODY_LISTENS
    assert _granted(caller, (3, MINUTE), 2) == 2
    settings.REDIS_URL = redis_url
    assert _granted(caller, (3, MINUTE), 2) == 1
    clock.now += MINUTE
    assert _granted(caller, (3, MINUTE), 2) == 2
    assert RateWindow.objects.get().used == 4


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_give_back_grant_no_more_than_the_quota_and_lose_one_each() -> None:
    processes = [Process(take_and_give_back, "alice", HUNDRED, 75, 75) for _ in range(2)]
    granted = sum(int(process.rest()) for process in processes)
    assert 98 <= granted <= 100


def test_what_is_given_back_can_be_taken_and_only_once(db: None) -> None:
    for _ in range(9):
        allowance = consume_quota("alice", (3, EPOCH))
        assert allowance.is_granted
        assert restore_quota("alice", (3, EPOCH), allowance).remaining == 3
    assert _granted("alice", (3, EPOCH), 5) == 3


def test_what_is_given_back_ends_with_its_window(db: None, clock: SimpleNamespace) -> None:
    restore_quota("alice", (3, MINUTE), consume_quota("alice", (3, MINUTE)))
    clock.now += MINUTE
    assert _granted("alice", (3, MINUTE), 5) == 3
