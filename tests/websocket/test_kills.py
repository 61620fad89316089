"""Processes that are killed while people chat lose no message that was acknowledged, and store none twice."""

from pathlib import Path

import pytest

from tests.stress.chat_kills import Kills, Load, chat_under_kills
from tests.stress.chatters import Manners

KILLS = Kills(5, pauses=(0.0, 1.0))


@pytest.mark.own_store
@pytest.mark.django_db(transaction=True)
def test_what_was_acknowledged_is_there_once_and_in_order_whoever_dies(tmp_path: Path) -> None:
    findings, control = chat_under_kills(
        tmp_path, Load(4, 4), kills=KILLS, least=120, manners=Manners(longest_pause=0.4)
    )
    findings.check()
    assert findings.lines > 20
    assert control.doubles > 0, "people who give what they send again another id have it stored again"
    assert (control.lost, control.unseen, control.seen_twice) == (0, 0, 0)
