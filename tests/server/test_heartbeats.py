"""Readiness of the process that serves gRPC (contract, Health)."""

import pytest

from petstore.interfaces.monitoring import health
from petstore.interfaces.monitoring.health import Finding, run_all_checks
from petstore.server import heartbeats
from petstore.server.heartbeats import Beat, Heartbeat


@pytest.fixture
def heartbeat(db: None, monkeypatch: pytest.MonkeyPatch) -> Heartbeat:
    heartbeat = Heartbeat()
    monkeypatch.setattr(health, "grpc_heartbeat", heartbeat)
    return heartbeat


def find_grpc() -> Finding | None:
    return next((finding for finding in run_all_checks() if finding.name == "grpc"), None)


def test_a_store_without_grpc_does_not_list_it(heartbeat: Heartbeat) -> None:
    assert heartbeat.last_word is Beat.NONE
    assert find_grpc() is None


@pytest.mark.parametrize(
    ("word", "detail"),
    [(Beat.EXPECTED, ""), (Beat.WAITING, "It waits for its first call."), (Beat.SERVING, "")],
)
def test_a_process_that_was_heard_of_is_ready(heartbeat: Heartbeat, word: Beat, detail: str) -> None:
    heartbeat.note_heartbeat(word)
    assert find_grpc() == Finding("grpc", ok=True, detail=detail)


@pytest.mark.parametrize(("word", "is_ready"), [(Beat.EXPECTED, True), (Beat.WAITING, False), (Beat.SERVING, False)])
def test_a_process_that_is_not_heard_of_any_more_is_not_ready_unless_it_is_being_loaded(
    heartbeat: Heartbeat, monkeypatch: pytest.MonkeyPatch, word: Beat, is_ready: bool
) -> None:
    monkeypatch.setattr(heartbeats, "FRESH_SECONDS", 0.0)
    heartbeat.note_heartbeat(word)
    finding = find_grpc()
    assert finding is not None
    assert finding.ok is is_ready


def test_one_that_was_replaced_need_not_be_heard_of(heartbeat: Heartbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "FRESH_SECONDS", 0.0)
    heartbeat.note_heartbeat(Beat.SERVING)
    heartbeat.note_replacement()
    finding = find_grpc()
    assert finding is not None
    assert finding.ok
