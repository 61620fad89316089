"""Made-up calls of every operation: no 5xx, no answer that is not documented (guarantees, G9).

How far a run gets depends on the machine, so this asks only that some calls succeeded; `tests/stress/fuzz.py` is the
long tier and reports how many operations did.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.actor import Role
from tests.fuzzing import fuzz, server
from tests.fuzzing_cast import member, nobody

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

SECONDS = 8


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with server() as address:
        yield address


def test_whatever_a_stranger_calls_is_answered_as_documented(address: str, tmp_path: Path) -> None:
    stage = nobody()
    outcome = fuzz(address, stage.caller, stage.rows, SECONDS, tmp_path)
    assert outcome.failures == 0, outcome.said
    assert outcome.reached


def test_whatever_the_staff_call_is_answered_as_documented(address: str, tmp_path: Path) -> None:
    stage = member(Role.STAFF)
    outcome = fuzz(address, stage.caller, stage.rows, SECONDS, tmp_path)
    assert outcome.failures == 0, outcome.said
    assert outcome.reached
