"""The fuzz at length: `pytest tests/stress/fuzz.py`; FUZZ_CALLS=5000 for another number of calls than 50 000."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from kernel.actor import Role
from tests.fuzzing import fuzz, server
from tests.fuzzing_cast import Stage, member, nobody
from tests.rest import conformance

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = int(os.environ.get("FUZZ_CALLS", "50000"))
ROUND = 240
"""Seconds; every round has a caller with a fresh account and a fresh stock."""

CALLERS: dict[str, Callable[[], Stage]] = {
    "nobody": nobody,
    "customer": partial(member, Role.CUSTOMER),
    "staff": partial(member, Role.STAFF),
}


@pytest.mark.parametrize("name", CALLERS)
def test_no_call_breaks_the_server_or_the_document(report: Callable[[str], None], name: str, tmp_path: Path) -> None:
    calls, rounds, reached = 0, 0, set[str]()
    with server() as address:
        while calls < CALLS / len(CALLERS):
            stage = CALLERS[name]()
            outcome = fuzz(address, stage.caller, stage.rows, ROUND, tmp_path)
            assert outcome.failures == 0, outcome.said
            calls, rounds, reached = calls + outcome.calls, rounds + 1, reached | outcome.reached
    known = len(conformance.operations())
    report(f"{name}: {calls} cases in {rounds} rounds, 0 failures; {len(reached)} of {known} operations succeeded.")
