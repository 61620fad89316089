"""Web processes that do not come to their end, and those that do."""

import signal

import httpx
import pytest

from tests.web_process import PATIENCE_SECONDS, STUCK, mortal_web_process

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("stuck_seconds", "code"), [(0, 0), (40, -signal.SIGALRM)], ids=["free", "stuck"])
def test_a_process_that_is_stuck_at_its_end_is_ended_by_the_system(stuck_seconds: int, code: int) -> None:
    with mortal_web_process({STUCK: str(stuck_seconds)}) as (port, process):
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == code
