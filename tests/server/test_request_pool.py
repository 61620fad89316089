import json
import threading
from collections.abc import Iterator

import pytest

from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.server import request_pool
from petstore.server.request_pool import MAX_WAITING, MIN_THREADS, Overloaded, RequestPool

PATIENCE = 30


@pytest.fixture
def gate() -> threading.Event:
    """What stuck jobs wait for."""
    return threading.Event()


@pytest.fixture
def pool(gate: threading.Event) -> Iterator[RequestPool]:
    pool = RequestPool()
    yield pool
    gate.set()
    pool.end_threads()


def _stick(pool: RequestPool, gate: threading.Event, number: int) -> None:
    for _ in range(number):
        pool.submit_job(lambda: gate.wait(PATIENCE))


def test_requests_behind_stuck_ones_get_threads_of_their_own(pool: RequestPool, gate: threading.Event) -> None:
    _stick(pool, gate, MIN_THREADS)
    done = threading.Event()
    pool.submit_job(lambda: None)
    pool.submit_job(done.set)
    assert done.wait(PATIENCE)


def test_without_more_threads_they_would_wait(
    pool: RequestPool, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_pool, "MAX_THREADS", MIN_THREADS)
    _stick(pool, gate, MIN_THREADS)
    done = threading.Event()
    pool.submit_job(lambda: None)
    pool.submit_job(done.set)
    assert not done.wait(5 * request_pool.STUCK_SECONDS)


def test_too_many_that_wait_are_a_503_that_says_when_to_come_again(pool: RequestPool, gate: threading.Event) -> None:
    _stick(pool, gate, request_pool.MAX_THREADS)
    with pytest.raises(Overloaded) as refused:
        _stick(pool, gate, MAX_WAITING + request_pool.MAX_THREADS)
    answer = build_refused_response(refused.value, "/v1/pets")
    assert (answer.status_code, answer["Retry-After"], answer["Connection"]) == (503, "1", "close")
    assert json.loads(answer.content)["title"] == Overloaded.title
    pool.submit_job(lambda: None, is_new=False)


def test_a_defect_of_one_job_ends_no_thread(pool: RequestPool) -> None:
    done = threading.Event()
    pool.submit_job(lambda: 1 // 0)
    pool.submit_job(done.set)
    assert done.wait(PATIENCE)
