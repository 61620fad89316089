"""A slow, dead or unknown receiver takes no thread from anybody else."""

from collections import Counter
from uuid import UUID, uuid4

from webhooks.delivery.claims import Waiting
from webhooks.delivery.concurrency import DOUBTFUL, MOST, THREADS, Sharing


def endpoints(number: int, *, is_failing: bool = False) -> list[Waiting]:
    return [Waiting(uuid4(), is_failing) for _ in range(number)]


def ids(waiting: list[Waiting]) -> list[UUID]:
    return [one.endpoint_id for one in waiting]


def test_one_endpoint_gets_no_more_than_its_most() -> None:
    (one,) = endpoints(1)
    assert Sharing().shares([one], {}, THREADS) == {one.endpoint_id: MOST}
    assert Sharing().shares([one], {one.endpoint_id: MOST - 2}, THREADS) == {one.endpoint_id: 2}


def test_many_endpoints_share_what_room_there_is() -> None:
    waiting = endpoints(THREADS * 2)
    shares = Sharing().shares(waiting, {}, THREADS)
    assert shares == dict.fromkeys(ids(waiting[:THREADS]), 1)


def test_no_room_is_shared_by_nobody() -> None:
    assert Sharing().shares(endpoints(2), {}, 0) == {}


def test_an_endpoint_that_fails_gets_one_probe_at_a_time() -> None:
    (one,) = endpoints(1, is_failing=True)
    sharing = Sharing()
    assert sharing.shares([one], {}, THREADS) == {one.endpoint_id: 1}
    assert sharing.shares([one], {one.endpoint_id: 1}, THREADS) == {}
    assert sharing.full({one.endpoint_id: 1}) == [one.endpoint_id]


def test_all_that_fail_together_leave_most_threads_to_the_others() -> None:
    failing, well = endpoints(THREADS, is_failing=True), endpoints(2)
    shares = Sharing().shares([*failing, *well], {}, THREADS)
    assert sum(shares.get(one, 0) for one in ids(failing)) == DOUBTFUL
    assert [shares[one] for one in ids(well)] == [MOST, MOST]


def test_the_slower_an_endpoint_answers_the_fewer_threads_it_gets() -> None:
    (one,) = endpoints(1)
    shares = []
    for seconds in (0.01, 0.5, 1.0, 5.0):
        sharing = Sharing()
        sharing.note(one.endpoint_id, seconds)
        shares.append(sharing.shares([one], {}, THREADS)[one.endpoint_id])
    assert shares == [MOST, 4, 2, 1]


def test_the_slow_together_leave_most_threads_to_the_others() -> None:
    slow, sharing = endpoints(THREADS), Sharing()
    for one in ids(slow):
        sharing.note(one, 4.9)
    shares = sharing.shares(slow, {}, THREADS)
    assert sum(shares.values()) == DOUBTFUL
    assert sharing.doubtful_room(shares) == 0


def test_an_endpoint_that_answers_fast_again_is_trusted_again() -> None:
    (one,), sharing = endpoints(1), Sharing()
    sharing.note(one.endpoint_id, 5.0)
    sharing.shares([one], {}, THREADS)
    for _ in range(30):
        sharing.note(one.endpoint_id, 0.01)
    assert sharing.shares([one], {}, THREADS) == {one.endpoint_id: MOST}
    assert sharing.doubtful_room(Counter({one.endpoint_id: 5})) == DOUBTFUL
