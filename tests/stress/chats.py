"""Support chat at length: `pytest tests/stress/chats.py --db postgres`.

50 connections chat over WebSocket with `serve --workers 2`, while its web processes and its worker are killed in turns.
What was acknowledged is stored once and in the order of its sender, and an agent sees all of it, in order and once.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stress.chat_kills import Kills, Load, chat_under_kills

KILLS = Kills(60, pauses=(1.8, 3.0))


@pytest.mark.django_db(transaction=True)
def test_people_who_chat_under_kills_lose_nothing(tmp_path: Path, report: Callable[[str], None]) -> None:
    findings, control = chat_under_kills(tmp_path, Load(customers=10, connections=5), kills=KILLS, least=2_000)
    report(f"{KILLS.number} kills: {findings}")
    report(f"control, another id each time: {control}")
    findings.check()
    assert control.doubles > 0
