"""G22 at length: `pytest tests/stress/erasure.py`, with `--db sqlite` for the other database.

200 canary people go through every feature, are erased, and are looked for everywhere after the daily purge.
"""

from collections.abc import Callable
from io import StringIO

import pytest

from petstore.server.purge import run_all_purges
from tests.erasure.conftest import crowd, log, shop
from tests.erasure.crowd import Crowd
from tests.erasure.places import places

__all__ = ["crowd", "log", "shop"]
ACCOUNTS, PAYERS = 150, 50


@pytest.mark.django_db(transaction=True)
def test_of_200_people_nothing_is_left(crowd: Crowd, log: StringIO, report: Callable[[str], None]) -> None:
    crowd.live(accounts=ACCOUNTS, payers=PAYERS)
    before = places(log.getvalue())
    assert crowd.unknown(before) == set()
    known = crowd.left(before)
    crowd.erase()
    run_all_purges()
    left = crowd.left(places(log.getvalue()))
    report(
        f"{ACCOUNTS} accounts, {PAYERS} payers: {len(known)} words before, in {len(crowd.places_left(before))} places"
    )
    report(f"after erasing and the purge: {len(left)}")
    assert left == {}
