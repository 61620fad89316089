"""Made-up calls of every operation: no 5xx, no answer that is not documented (guarantees, fuzz and G9).

How far a run gets depends on the machine, so this asks only that some calls succeeded; `tests/stress/fuzz.py` is the
long tier and reports how many operations did.
"""

from pathlib import Path

import pytest

from kernel.actor import Role
from tests.fuzzing import fuzz, server
from tests.fuzzing_cast import member, nobody

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 8


def test_whatever_a_stranger_calls_is_answered_as_documented(tmp_path: Path) -> None:
    stage = nobody()
    with server() as address:
        outcome = fuzz(address, stage.caller, stage.rows, SECONDS, tmp_path)
    assert outcome.failures == 0, outcome.said
    assert outcome.reached


def test_whatever_the_staff_call_is_answered_as_documented(tmp_path: Path) -> None:
    stage = member(Role.STAFF)
    with server() as address:
        outcome = fuzz(address, stage.caller, stage.rows, SECONDS, tmp_path)
    assert outcome.failures == 0, outcome.said
    assert outcome.reached
