"""A slow, dead or unknown receiver takes no thread from anybody else."""

from collections import Counter
from uuid import UUID, uuid4

from webhooks.delivery.claims import WaitingEndpoint
from webhooks.delivery.concurrency import MAX_PER_ENDPOINT, PROBATION_SLOTS, THREADS, ConcurrencyLimiter


def endpoints(number: int, *, is_failing: bool = False) -> list[WaitingEndpoint]:
    return [WaitingEndpoint(uuid4(), is_failing) for _ in range(number)]


def ids(waiting: list[WaitingEndpoint]) -> list[UUID]:
    return [one.endpoint_id for one in waiting]


def test_one_endpoint_gets_no_more_than_its_most() -> None:
    (one,) = endpoints(1)
    assert ConcurrencyLimiter().allocate_slots([one], {}, THREADS) == {one.endpoint_id: MAX_PER_ENDPOINT}
    assert ConcurrencyLimiter().allocate_slots([one], {one.endpoint_id: MAX_PER_ENDPOINT - 2}, THREADS) == {
        one.endpoint_id: 2
    }


def test_many_endpoints_share_what_room_there_is() -> None:
    waiting = endpoints(THREADS * 2)
    shares = ConcurrencyLimiter().allocate_slots(waiting, {}, THREADS)
    assert shares == dict.fromkeys(ids(waiting[:THREADS]), 1)


def test_no_room_is_shared_by_nobody() -> None:
    assert ConcurrencyLimiter().allocate_slots(endpoints(2), {}, 0) == {}


def test_an_endpoint_that_fails_gets_one_probe_at_a_time() -> None:
    (one,) = endpoints(1, is_failing=True)
    sharing = ConcurrencyLimiter()
    assert sharing.allocate_slots([one], {}, THREADS) == {one.endpoint_id: 1}
    assert sharing.allocate_slots([one], {one.endpoint_id: 1}, THREADS) == {}
    assert sharing.list_full_endpoints({one.endpoint_id: 1}) == [one.endpoint_id]


def test_all_that_fail_together_leave_most_threads_to_the_others() -> None:
    failing, well = endpoints(THREADS, is_failing=True), endpoints(2)
    shares = ConcurrencyLimiter().allocate_slots([*failing, *well], {}, THREADS)
    assert sum(shares.get(one, 0) for one in ids(failing)) == PROBATION_SLOTS
    assert [shares[one] for one in ids(well)] == [MAX_PER_ENDPOINT, MAX_PER_ENDPOINT]


def test_the_slower_an_endpoint_answers_the_fewer_threads_it_gets() -> None:
    (one,) = endpoints(1)
    shares = []
    for seconds in (0.01, 0.5, 1.0, 5.0):
        sharing = ConcurrencyLimiter()
        sharing.record_duration(one.endpoint_id, seconds)
        shares.append(sharing.allocate_slots([one], {}, THREADS)[one.endpoint_id])
    assert shares == [MAX_PER_ENDPOINT, 4, 2, 1]


def test_the_slow_together_leave_most_threads_to_the_others() -> None:
    slow, sharing = endpoints(THREADS), ConcurrencyLimiter()
    for one in ids(slow):
        sharing.record_duration(one, 4.9)
    shares = sharing.allocate_slots(slow, {}, THREADS)
    assert sum(shares.values()) == PROBATION_SLOTS
    assert sharing.count_probation_slots(shares) == 0


def test_an_endpoint_that_answers_fast_again_is_trusted_again() -> None:
    (one,), sharing = endpoints(1), ConcurrencyLimiter()
    sharing.record_duration(one.endpoint_id, 5.0)
    sharing.allocate_slots([one], {}, THREADS)
    for _ in range(30):
        sharing.record_duration(one.endpoint_id, 0.01)
    assert sharing.allocate_slots([one], {}, THREADS) == {one.endpoint_id: MAX_PER_ENDPOINT}
    assert sharing.count_probation_slots(Counter({one.endpoint_id: 5})) == PROBATION_SLOTS
